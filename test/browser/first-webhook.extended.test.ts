import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import {
  ACCEPTS,
  button,
  goTo,
  IS_DOWN,
  isGenuine,
  openHook,
  shownSecret,
  startSteeredReceiver,
  stateOf,
  tab,
} from '../support/console.ts';
import { runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

/** Starts a server as a developer does, and reads its link. */
const startLocally = async () => {
  const folder = await createTemporaryFolder();
  const bellwire = runBellwire({ folder: folder.path, args: ['serve', '--local', '--port', '0'] });
  const [, link = ''] = await bellwire.says(/console +(http:\S+\/signin#\S+)/);
  return {
    link,
    origin: new URL(link).origin,
    [Symbol.asyncDispose]: async () => {
      await bellwire[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};

describe.skipIf(!hasBrowser)('the first webhook in the console of a local server', () => {
  const visit = useBrowser();

  it('is created, tested, found broken, understood, repaired and recovered', async () => {
    await using receiver = await startSteeredReceiver();
    await using server = await startLocally();
    await using visitor = await visit(server.origin, { signed_in: false });
    const { page, problems } = visitor;

    // The printed link signs in, and its token does not stay in the address.
    await page.goto(server.link);
    await goTo(page, 'Webhooks');
    expect(page.url()).not.toContain('signin');
    await page.getByRole('link', { name: 'Add webhook' }).click();
    await button(page, 'Create').click();
    await page.getByText('Enter the URL of the receiver.').waitFor();
    await page.getByLabel('URL', { exact: true }).fill(receiver.origin);
    await page.getByLabel('Name', { exact: true }).fill('Shop');
    await page.getByLabel('Add a type or pattern').fill('order.created');
    await page.keyboard.press('Enter');
    await page.getByText('Advanced').click();
    await page.getByLabel('Max attempts').fill('1');
    await button(page, 'Create').click();

    const secret = await shownSecret(page);
    expect(secret).toMatch(/^whsec_/);
    await button(page, 'Then send a test event').click();
    await tab(page, 'Receiver code').click();
    await page.getByRole('region', { name: 'Verify requests' }).waitFor();
    expect(await page.getByText(secret).count()).toBe(0);
    await page.reload();
    await page.getByRole('region', { name: 'Verify requests' }).waitFor();
    expect(await page.getByText(secret).count()).toBe(0);

    await tab(page, 'Test').click();
    const ping = page.getByRole('region', { name: 'Ping' });
    await button(ping, 'Ping').click();
    await ping.getByText(/^200 after/).waitFor();
    expect(await isGenuine('standard', await receiver.next(), secret)).toBe(true);
    const test = page.getByRole('region', { name: 'Test event' });
    await test.getByLabel('Data (JSON)').fill('{"order": {"id": 7}}');
    await button(test, 'Send test event').click();
    await test.getByText('Test webhook sent').waitFor();
    const tested = await receiver.next();
    expect(await isGenuine('standard', tested, secret)).toBe(true);
    expect(JSON.parse(tested.body.toString())).toMatchObject({
      type: 'order.created',
      data: { order: { id: 7 } },
    });

    receiver.replyWith(IS_DOWN);
    await button(test, 'Send test event').click();
    await test.getByText(/^503 after/).waitFor();
    await test.getByText('Its own logs say why.').waitFor();
    await test.getByText('"error": "maintenance until noon"').waitFor();

    // The inbox of the first start is the second webhook.
    for (const number of [1, 2, 3]) {
      await goTo(page, 'Events');
      await page.getByRole('link', { name: 'Send an event' }).click();
      await page.getByLabel('Event type').fill('order.created');
      await page.getByLabel('Data', { exact: true }).fill(`{"order": {"id": ${number}}}`);
      await button(page, 'Send the event').click();
      await page.getByText('Accepted for 2 webhooks').waitFor();
    }

    await openHook(page, /Shop/);
    await stateOf(page, 'Failing').waitFor();
    const errors = page.getByRole('region', { name: 'Recent errors' });
    await errors.getByRole('link', { name: 'Status 503' }).click();
    await page
      .getByRole('row', { name: /order\.created/ })
      .first()
      .click();
    const detail = page.getByRole('complementary');
    await detail.getByText(/^503 after .*, attempt 1 of 1$/).waitFor();
    await detail.getByText('The receiver responded with status 503.').waitFor();
    await detail.getByText('Its own logs say why.').waitFor();
    await detail.getByText('"error": "maintenance until noon"').waitFor();

    receiver.replyWith(ACCEPTS);
    await openHook(page, /Shop/);
    await button(errors, 'Recover…').click();
    const dialog = page.getByRole('dialog', { name: 'Recover deliveries' });
    await dialog.getByLabel('Failed (3)').waitFor();
    await button(dialog, 'Send 3 again').click();
    await page.getByText('Finished: 3 covered (3 failed)').waitFor();
    await stateOf(page, 'Active').waitFor();
    const latest = page.getByRole('region', { name: 'Latest deliveries' });
    await latest.getByText('Succeeded').nth(4).waitFor();
    // The failed test event: tests are never sent again.
    expect(await latest.getByText('Failed').count()).toBe(1);
    expect(problems).toEqual([]);
  }, 60_000);
});
