import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { ACCEPTS, button, IS_DOWN, startSteeredReceiver } from '../support/console.ts';
import { type RunningServer, startServer, until } from '../support/running-server.ts';

/** Sends events of a type together. */
const sendMany = async (server: RunningServer, type: string, count: number): Promise<void> => {
  const events = Array.from({ length: count }, (_, number) => ({ type, data: { number } }));
  for (let at = 0; at < count; at += 100)
    await server.api('POST /v1/events/batch', { events: events.slice(at, at + 100) });
};

const failed = (server: RunningServer, type: string) =>
  server.deliveries(`status=failed&limit=1000&event_type=${type}`);

describe.skipIf(!hasBrowser)('the recovery of many deliveries in the console', () => {
  const visit = useBrowser();

  it('"Recover all…" counts what matches the filters, sends only these, and shows the progress to the end', async () => {
    await using receiver = await startSteeredReceiver(IS_DOWN);
    await using server = await startServer();
    await server.addHook(receiver.origin, { name: 'Shop', max_attempts: 1 });
    await sendMany(server, 'order.created', 1_000);
    await sendMany(server, 'order.deleted', 5);
    await until(
      () => server.deliveries('status=failed&limit=1000'),
      ({ length }) => length === 1_000,
    );
    await until(
      () => failed(server, 'order.created'),
      ({ length }) => length === 1_000,
    );
    await until(
      () => failed(server, 'order.deleted'),
      ({ length }) => length === 5,
    );
    receiver.replyWith(ACCEPTS);
    await using visitor = await visit(server.origin);
    const { page, problems } = visitor;
    await page.goto(`${server.origin}/deliveries?event_type=order.created`);
    await page.getByLabel('Status', { exact: true }).selectOption('Failed');
    await button(page, 'Recover all…').click();
    const dialog = page.getByRole('dialog', { name: 'Recover deliveries' });
    await dialog.getByText('1,000 deliveries are sent again.').waitFor();
    await dialog.getByText('1,000 failed', { exact: true }).waitFor();
    const calls_before = receiver.calls.length;
    await button(dialog, 'Send 1,000 again').click();
    await dialog.getByRole('heading', { name: 'Recovery' }).waitFor();
    await dialog.getByText('Finished: 1,000 covered (1,000 failed)').waitFor();
    await button(dialog, 'Close').click();

    // The list follows by itself: no failed one is left in the filter.
    await page.getByText('No delivery matches the filters').waitFor();
    await until(
      async () => receiver.calls.length,
      (calls) => calls === calls_before + 1_000,
    );
    expect(await failed(server, 'order.deleted')).toHaveLength(5);
    expect(problems).toEqual([]);
  }, 90_000);

  it('rows that are marked with x are recovered alone', async () => {
    await using receiver = await startSteeredReceiver(IS_DOWN);
    await using server = await startServer();
    await server.addHook(receiver.origin, { name: 'Shop', max_attempts: 1 });
    await sendMany(server, 'order.created', 6);
    const rows = await until(
      () => failed(server, 'order.created'),
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
    const left = await failed(server, 'order.created');
    expect(left.map(({ id }) => id)).toEqual([rows[1], rows[4], rows[5]].map((row) => row!.id));
    expect(problems).toEqual([]);
  }, 60_000);
});
