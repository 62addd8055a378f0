import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { button, goTo, isGenuine, startSteeredReceiver, tab } from '../support/console.ts';
import { startServer } from '../support/running-server.ts';

const OLD = 'the-old-secret-of-a-customer';

describe.skipIf(!hasBrowser)('the secret of a webhook in the console', () => {
  const visit = useBrowser();

  it.each([
    // A receiver reads one signature, so the old secret signs until it expires.
    {
      dialect: 'q2',
      signs: 'The previous secret still signs requests',
      until: 'The new secret signs in 23 h',
    },
    {
      dialect: 'standard',
      signs: 'The current and the previous secrets sign each request',
      until: 'A previous secret expires in 23 h',
    },
  ])(
    'a rotation ($dialect) shows which secret signs and until when, and ends at once with "Switch now"',
    async ({ dialect, signs, until }) => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer({ settings: { dialect } });
      const hook = await server.addHook(receiver.origin, { name: 'Shop', secret: OLD });
      if (dialect === 'q2') await receiver.next();
      await using visitor = await visit(server.origin);
      const { page, problems } = visitor;
      await page.goto(`${server.origin}/webhooks/${hook.id}?tab=signing`);
      await page.getByText('The current secret signs requests.').waitFor();
      await button(page, 'Rotate…').click();
      const dialog = page.getByRole('dialog', { name: 'Rotate the secret' });
      await dialog.getByLabel('The previous secret stays valid for').selectOption('1 day');
      await button(dialog, 'Rotate the secret').click();
      const notice = page.getByRole('status').filter({ hasText: 'This is the new secret' });
      const fresh = (await notice.locator('code').textContent())!;
      await page.getByText(signs).waitFor();
      await page.getByText(until).waitFor();
      await button(page, 'Reveal').click();
      await button(page.getByRole('dialog', { name: 'Reveal the secret' }), 'Reveal').click();
      await page.getByRole('heading', { name: 'Previous secret' }).waitFor();
      await page.getByText(OLD).waitFor();

      const accepted = async () => {
        await server.send({ type: 'a.b' });
        const call = await receiver.next();
        return { old: await isGenuine(dialect, call, OLD), fresh: await isGenuine(dialect, call, fresh) };
      };
      expect(await accepted()).toEqual({ old: true, fresh: dialect === 'standard' });

      await button(page, 'Switch now').click();
      const question = page.getByRole('dialog', { name: 'Switch to the new secret now' });
      await button(question, 'Switch now').click();
      await page.getByText('The current secret signs requests.').waitFor();
      await page.getByText(until).waitFor({ state: 'detached' });
      expect(await accepted()).toEqual({ old: false, fresh: true });
      expect(problems).toEqual([]);
    },
  );

  it('is shown only after a confirmation, which the audit log records', async () => {
    await using receiver = await startSteeredReceiver();
    await using server = await startServer();
    const hook = await server.addHook(receiver.origin, { name: 'Shop', secret: OLD });
    await using visitor = await visit(server.origin);
    const { page, problems } = visitor;
    await page.goto(`${server.origin}/webhooks/${hook.id}`);
    await tab(page, 'Secret').click();
    const revealed = async () => {
      const { body } = await server.api('GET /v1/audit');
      return body.data.filter((entry) => (entry as unknown as { action: string }).action.includes('reveal'));
    };
    await button(page, 'Reveal').click();
    const dialog = page.getByRole('dialog', { name: 'Reveal the secret' });
    await dialog.getByText('The audit log records that you have seen it.').waitFor();
    await button(dialog, 'Cancel').click();
    await dialog.waitFor({ state: 'detached' });
    expect([await page.getByText(OLD).count(), await revealed()]).toEqual([0, []]);

    await button(page, 'Reveal').click();
    await button(dialog, 'Reveal').click();
    await page.getByText(OLD).waitFor();
    expect(await revealed()).toHaveLength(1);
    await button(page, 'Hide').click();
    await page.getByText(OLD).waitFor({ state: 'detached' });
    await goTo(page, 'Audit');
    const entry = page.getByRole('listitem').filter({ hasText: /reveal/ });
    await entry.getByRole('link', { name: hook.id }).waitFor();
    expect(problems).toEqual([]);
  });
});
