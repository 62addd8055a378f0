import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { ACCEPTS, button, IS_DOWN, startSteeredReceiver } from '../support/console.ts';
import { type RunningServer, startServer, until } from '../support/running-server.ts';

/** For a thousand deliveries on a busy machine. */
const PATIENCE_MS = 60_000;

/** Sends events of a type together: to all subscribed webhooks, or to some. */
const sendMany = async (
  server: RunningServer,
  { type, count, ...to }: { readonly type: string; readonly count: number; readonly hook_ids?: string[] },
): Promise<void> => {
  const events = Array.from({ length: count }, (_, number) => ({ type, data: { number }, ...to }));
  for (let at = 0; at < count; at += 100)
    await server.api('POST /v1/events/batch', { events: events.slice(at, at + 100) });
};

const deliveriesIn = (server: RunningServer, status: string, type: string) =>
  server.deliveries(`status=${status}&limit=1000&event_type=${type}`);

/** Waits until so many deliveries of each type are in a status. */
const allIn = async (server: RunningServer, status: string, counts: Readonly<Record<string, number>>) => {
  for (const [type, count] of Object.entries(counts))
    await until(
      () => deliveriesIn(server, status, type),
      ({ length }) => length === count,
      PATIENCE_MS,
    );
};

describe.skipIf(!hasBrowser)('the recovery of many deliveries in the console', () => {
  const visit = useBrowser();

  it('"Recover all…" counts what matches the filters, sends only these, and shows the progress to the end', async () => {
    await using receiver = await startSteeredReceiver(IS_DOWN);
    await using server = await startServer();
    // A hundred webhooks: the breaker of one opens after ten failures.
    const shop = { name: 'Shop', max_attempts: 1, events: ['order.created'] };
    const hook = await server.addHook(receiver.origin, shop);
    for (let n = 1; n < 100; n += 1) await server.addHook(receiver.origin, shop);
    await server.addHook(receiver.origin, { ...shop, events: ['order.deleted'] });
    await sendMany(server, { type: 'order.created', count: 6 });
    await sendMany(server, { type: 'order.deleted', count: 5 });
    await allIn(server, 'failed', { 'order.created': 600, 'order.deleted': 5 });
    await server.api(`POST /v1/webhooks/${hook.id}/deactivate`);
    await sendMany(server, { type: 'order.created', count: 400, hook_ids: [hook.id] });
    await allIn(server, 'held', { 'order.created': 400 });
    await server.api(`POST /v1/webhooks/${hook.id}/activate`);
    receiver.replyWith(ACCEPTS);
    await using visitor = await visit(server.origin);
    const { page, problems } = visitor;
    await page.goto(`${server.origin}/deliveries?event_type=order.created`);
    await button(page, 'Recover all…').click();
    const dialog = page.getByRole('dialog', { name: 'Recover deliveries' });
    await dialog.getByText('1,000 deliveries are sent again.').waitFor();
    await dialog.getByText('600 failed, 400 held', { exact: true }).waitFor();
    const calls_before = receiver.calls.length;
    await button(dialog, 'Send 1,000 again').click();
    await dialog.getByRole('heading', { name: 'Recovery' }).waitFor();
    await dialog.getByText('Finished: 1,000 covered (600 failed, 400 held)').waitFor();
    await button(dialog, 'Close').click();

    await allIn(server, 'succeeded', { 'order.created': 1_000 });
    expect(receiver.calls.length).toBe(calls_before + 1_000);
    for (const status of ['Failed', 'Held']) {
      await page.getByLabel('Status', { exact: true }).selectOption(status);
      await page.getByText('No delivery matches the filters').waitFor();
    }
    expect(await deliveriesIn(server, 'failed', 'order.deleted')).toHaveLength(5);
    expect(problems).toEqual([]);
  }, 120_000);

  it('rows that are marked with x are recovered alone', async () => {
    await using receiver = await startSteeredReceiver(IS_DOWN);
    await using server = await startServer();
    await server.addHook(receiver.origin, { name: 'Shop', max_attempts: 1 });
    await sendMany(server, { type: 'order.created', count: 6 });
    const rows = await until(
      () => deliveriesIn(server, 'failed', 'order.created'),
      ({ length }) => length === 6,
    );
    receiver.replyWith(ACCEPTS);
    await using visitor = await visit(server.origin);
    const { page, problems } = visitor;
    await page.goto(`${server.origin}/deliveries`);
    await page.getByRole('row').nth(5).waitFor();
    await page.getByRole('grid').focus();
    for (const key of [
      'ArrowDown',
      'x',
      'ArrowDown',
      'ArrowDown',
      'x',
      'ArrowDown',
      'x',
      'ArrowDown',
      'x',
      'x',
    ])
      await page.keyboard.press(key);
    const marked = page.getByRole('checkbox', { name: 'Mark this delivery', checked: true });
    expect(await marked.count()).toBe(3);
    await button(page, 'Recover 3…').click();
    const dialog = page.getByRole('dialog', { name: 'Recover deliveries' });
    await dialog.getByText('3 deliveries are sent again.').waitFor();
    await button(dialog, 'Send 3 again').click();
    await dialog.getByText('Finished: 3 covered (3 failed)').waitFor();
    await button(dialog, 'Close').click();
    await page.getByRole('row').getByText('Succeeded').nth(2).waitFor();
    const left = await deliveriesIn(server, 'failed', 'order.created');
    expect(left.map(({ id }) => id)).toEqual([rows[1], rows[4], rows[5]].map((row) => row!.id));
    expect(problems).toEqual([]);
  }, 60_000);
});
