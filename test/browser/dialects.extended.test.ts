import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser, type Visitor } from '../support/browser.ts';
import {
  ACCEPTS,
  button,
  goTo,
  IS_DOWN,
  isGenuine,
  openHook,
  repair,
  shownSecret,
  startSteeredReceiver,
  stateOf,
  type SteeredReceiver,
  tab,
} from '../support/console.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';
import { startTlsFront } from '../support/tls-front.ts';

const TIMEOUT_MS = 60_000;

/** The form of a new webhook, reached as a person reaches it; its title is the text of the link. */
const openForm = async ({ page }: Visitor, origin: string, title: string): Promise<void> => {
  await page.goto(`${origin}/webhooks`);
  await page.getByRole('link', { name: title, exact: true }).click();
  await page.getByRole('heading', { name: title, exact: true, level: 1 }).waitFor();
};

const choose = (page: Page, event: string): Promise<void> =>
  page.getByRole('checkbox', { name: event, exact: true }).check();

/** Sends a real event that the receiver accepts, and one that it does not, which the page explains and repairs. */
const deliverAndRepair = async (
  { page }: Visitor,
  server: RunningServer,
  {
    receiver,
    dialect,
    secret,
    ...event
  }: {
    readonly receiver: SteeredReceiver;
    readonly dialect: string;
    readonly secret: string;
    readonly type: string;
    readonly data: object;
    readonly tabs?: readonly [string, string];
  },
): Promise<void> => {
  const { type, data, tabs } = event;
  await server.send({ type, data });
  expect(await isGenuine(dialect, await receiver.next(), secret)).toBe(true);
  receiver.replyWith(IS_DOWN);
  await server.send({ type, data });
  expect(await isGenuine(dialect, await receiver.next(), secret)).toBe(true);
  await repair({ page, receiver, type, ...(tabs === undefined ? {} : { tabs }) });
  expect(await isGenuine(dialect, await receiver.next(), secret)).toBe(true);
};

describe.skipIf(!hasBrowser)(
  'a webhook is created, checked and repaired in the words of its document',
  () => {
    const visit = useBrowser();

    it(
      'q2: "Add webhook", a ping after "Update" without a change, "Requests" and "Responses"',
      async () => {
        await using receiver = await startSteeredReceiver();
        await using server = await startServer({ settings: { dialect: 'q2' } });
        await using visitor = await visit(server.origin);
        const { page, problems } = visitor;
        await openForm(visitor, server.origin, 'Add webhook');
        await page.getByLabel('URL', { exact: true }).fill(receiver.origin);
        await button(page, 'Generate').click();
        const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
        expect(secret).toMatch(/^[0-9a-f]{40}$/);
        expect(await page.getByLabel('Enable SSL verification').isChecked()).toBe(true);
        await page.getByRole('group', { name: /^Trigger/ }).waitFor();
        await choose(page, 'app-order-created');
        await button(page, 'Add webhook').click();
        expect(await shownSecret(page)).toBe(secret);
        const first = await receiver.next();
        expect([first.headers['x-q2-event'], await isGenuine('q2', first, secret)]).toEqual(['Ping', true]);

        await page.getByRole('link', { name: 'Edit', exact: true }).click();
        await button(page, 'Update').click();
        const updated = await receiver.next();
        expect([updated.headers['x-q2-event'], await isGenuine('q2', updated, secret)]).toEqual([
          'Ping',
          true,
        ]);
        const latest = page.getByRole('region', { name: 'Latest deliveries' });
        await latest.getByText('Succeeded').nth(1).waitFor();

        const tabs = ['Requests', 'Responses'] as const;
        const event = { type: 'app-order-created', data: { order: { app_id: 7 } }, tabs };
        await deliverAndRepair(visitor, server, { receiver, dialect: 'q2', secret, ...event });
        await tab(page, 'Requests').click();
        await page.getByText('x-q2-signature-256').waitFor();
        expect(problems).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'resource-api: used-up attempts disable it; the page says so, activates it, and sends what was held',
      async () => {
        await using receiver = await startSteeredReceiver();
        await using server = await startServer({ settings: { dialect: 'resource-api' } });
        await using visitor = await visit(server.origin);
        const { page, problems } = visitor;
        await openForm(visitor, server.origin, 'Add webhook');
        await page.getByLabel('URL', { exact: true }).fill(`${receiver.origin}/webhooks`);
        await page.getByLabel('Name', { exact: true }).fill('Resources');
        await choose(page, 'All of resource.*');
        await page.getByText('Advanced').click();
        await button(page, 'Create').click();
        const secret = await shownSecret(page);
        expect(secret).toMatch(/^[0-9a-f]{40}$/);
        const event = { type: 'resource.created', data: { object: { id: 'res_1' } } };
        await deliverAndRepair(visitor, server, { receiver, dialect: 'resource-api', secret, ...event });
        expect(receiver.calls[0]!.path).toBe('/webhooks');

        // One attempt in all, so that the first failure uses them up.
        await openHook(page, /Resources/);
        await page.getByRole('link', { name: 'Edit', exact: true }).click();
        await page.getByText('Advanced').click();
        await page.getByLabel('Max attempts').fill('1');
        await button(page, 'Save').click();
        await stateOf(page, 'Active').waitFor();
        receiver.replyWith(IS_DOWN);
        await server.send(event);
        await stateOf(page, 'Disabled').waitFor();
        await page.getByText('Disabled because a delivery used up all of its attempts').waitFor();
        await server.send(event);
        const latest = page.getByRole('region', { name: 'Latest deliveries' });
        await latest.getByText('Held').waitFor();
        receiver.replyWith(ACCEPTS);
        await button(page, 'Activate').click();
        const dialog = page.getByRole('dialog', { name: 'Activate Resources' });
        await dialog.getByLabel('Also send the delivery that is held').waitFor();
        await button(dialog, 'Activate').click();
        await stateOf(page, 'Active').waitFor();
        await latest.getByText('Held').waitFor({ state: 'detached' });
        await page.getByText('Finished: 1 covered (1 held)').waitFor();
        expect(problems).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'connect2print: "Create New Webhook", "Save", the copied secret, "Send Test Event"',
      async () => {
        await using receiver = await startSteeredReceiver();
        await using front = await startTlsFront(Number(new URL(receiver.origin).port));
        await using server = await startServer({ settings: { dialect: 'connect2print' } });
        await using visitor = await visit(server.origin);
        const { page, problems } = visitor;
        await openForm(visitor, server.origin, 'Create New Webhook');
        await page.getByLabel('URL', { exact: true }).fill(receiver.origin);
        await choose(page, 'order.created');
        await page.getByRole('group', { name: 'Production events' }).waitFor();
        await page.getByText('Generated automatically for signature validation').waitFor();
        await page.getByText('Advanced').click();
        await page.getByLabel('Verify the TLS certificate').uncheck();
        await page.getByLabel('Name', { exact: true }).fill('Printer');
        await button(page, 'Save').click();
        await page.getByText('The dialect "connect2print" requires https.').waitFor();
        expect(await page.getByLabel('URL', { exact: true }).getAttribute('aria-invalid')).toBe('true');
        await page.getByLabel('URL', { exact: true }).fill(front.origin);
        await button(page, 'Save').click();
        const secret = await shownSecret(page);
        expect(secret).toMatch(/^[0-9a-f]{40}$/);

        await tab(page, 'Test').click();
        const test = page.getByRole('region', { name: 'Test event' });
        await test.getByText('ORD-2024-001').waitFor();
        await button(test, 'Send Test Event').click();
        await test.getByText('Test webhook sent').waitFor();
        const sent = await receiver.next();
        expect(await isGenuine('connect2print', sent, secret)).toBe(true);
        expect(JSON.parse(sent.body.toString())).toMatchObject({
          event: 'order.created',
          data: { order: { order_number: 'ORD-2024-001' } },
        });
        const event = { type: 'order.created', data: { order: { id: 123 } } };
        await deliverAndRepair(visitor, server, { receiver, dialect: 'connect2print', secret, ...event });
        // The refused URL, which the browser reports by itself.
        expect(problems).toEqual([expect.stringContaining('422')]);
      },
      TIMEOUT_MS,
    );

    it(
      'activities: "Max attempts" does not count the first try, and an edit keeps it',
      async () => {
        await using receiver = await startSteeredReceiver();
        await using server = await startServer({ settings: { dialect: 'activities' } });
        await using visitor = await visit(server.origin);
        const { page, problems } = visitor;
        await openForm(visitor, server.origin, 'Create Webhook');
        await page.getByLabel('Name', { exact: true }).fill('CRM');
        await page.getByLabel('Callback URL').fill(receiver.origin);
        await page.getByLabel('Method').selectOption('PUT');
        await page.getByLabel('Content-Type').selectOption('application/x-www-form-urlencoded');
        await page.getByLabel('Max attempts').fill('20');
        expect(await page.getByLabel('Status').isChecked()).toBe(true);
        await page.getByLabel('Secret (Optional)').fill('a secret key of the customer');
        await choose(page, 'activity.created');
        await button(page, 'Create').click();
        await page.getByText('Enter a whole number from 0 to 19, or nothing.').waitFor();
        await page.getByLabel('Max attempts').fill('3');
        await button(page, 'Create').click();
        const secret = await shownSecret(page);
        expect(secret).toBe('a secret key of the customer');
        const stored = async () => (await server.api('GET /v1/webhooks')).body.data[0]!;
        expect(await stored()).toMatchObject({ max_attempts: 4 });

        await page.getByRole('link', { name: 'Edit', exact: true }).click();
        expect(await page.getByLabel('Max attempts').inputValue()).toBe('3');
        await button(page, 'Save').click();
        await page.getByRole('link', { name: 'Edit', exact: true }).waitFor();
        expect(await stored()).toMatchObject({ max_attempts: 4, method: 'PUT' });

        const event = { type: 'activity.created', data: { activity: { id: 7 } } };
        await deliverAndRepair(visitor, server, { receiver, dialect: 'activities', secret, ...event });
        expect(receiver.calls[0]).toMatchObject({
          method: 'PUT',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        expect(problems).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      'casesolved: "Activate", "Validate Webhook", and "Activate Webhook" only after a 2xx',
      async () => {
        await using receiver = await startSteeredReceiver({ status: 500, body: 'KeyError: event' });
        await using server = await startServer({ settings: { dialect: 'casesolved' } });
        await using visitor = await visit(server.origin);
        const { page, problems } = visitor;
        await openForm(visitor, server.origin, 'Add Webhook');
        await page.getByLabel('Endpoint').fill(`${receiver.origin}/webhook`);
        await page.getByLabel('Secret', { exact: true }).fill('super-secret-key');
        await choose(page, 'Site Plan Change');
        await button(page, 'Add Webhook').click();
        expect(await shownSecret(page)).toBe('super-secret-key');
        await stateOf(page, 'Unvalidated').waitFor();

        await button(page, 'Activate').click();
        const dialog = page.getByRole('dialog', { name: 'Validate Webhook' });
        const activate = button(dialog, 'Activate Webhook');
        expect(await activate.isDisabled()).toBe(true);
        await button(dialog, 'Validate Webhook').click();
        await dialog.getByText('It responded with status 500, which is not 2xx.').waitFor();
        await dialog.getByText('KeyError: event').waitFor();
        await dialog
          .getByRole('region', { name: /^Request/ })
          .getByText('"Webhook Validate"')
          .waitFor();
        expect(await activate.isDisabled()).toBe(true);
        const refused = await receiver.next();
        expect([refused.body.toString(), refused.headers['x-webhook-secret']]).toEqual([
          '{"event":"Webhook Validate","data":{}}',
          'super-secret-key',
        ]);

        receiver.replyWith(ACCEPTS);
        await button(dialog, 'Validate Webhook').click();
        await dialog.getByText('The receiver accepted the validation').waitFor();
        // The page knows of the validation through the stream; the answer stays.
        await stateOf(page, 'Paused').waitFor();
        await dialog.getByText('Status 200').waitFor();
        await dialog
          .getByRole('region', { name: /^Answer/ })
          .getByText('OK')
          .waitFor();
        await receiver.next();
        await activate.click();
        await stateOf(page, 'Active').waitFor();
        const event = { type: 'Site Plan Change', data: { site: { plan: 'Business' } } };
        const secret = 'super-secret-key';
        await deliverAndRepair(visitor, server, { receiver, dialect: 'casesolved', secret, ...event });
        await goTo(page, 'Webhooks');
        await page.getByRole('row').getByText('Active').waitFor();
        expect(problems).toEqual([]);
      },
      TIMEOUT_MS,
    );
  },
);
