import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, overflows, seriousFindings, useBrowser } from '../support/browser.ts';
import { button, tab } from '../support/console.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';
import { openBeside } from '../support/storage.ts';

const ALL = 25;

/** Repeats the first attempt of a delivery, whose schedule would take longer. */
const repeatAttempt = async (database_url: string, delivery_id: string, times: number): Promise<void> => {
  await using beside = openBeside(database_url);
  const { db } = beside;
  const attempts = db.selectFrom('bellwire_attempts').where('delivery_id', '=', delivery_id);
  const first = await attempts.selectAll().executeTakeFirstOrThrow();
  const repeated = Array.from({ length: times - 1 }, (_, index) => ({
    ...first,
    id: first.id.slice(0, -2) + String(index + 2).padStart(2, '0'),
    number: index + 2,
    response_body: `this is response ${index + 2}`,
  }));
  await db.insertInto('bellwire_attempts').values(repeated).execute();
  await db
    .updateTable('bellwire_deliveries')
    .set({ attempts: times })
    .where('id', '=', delivery_id)
    .execute();
};

/** A delivery that has failed 25 times; each response has its number. */
const startFailed = async () => {
  await using parts = new AsyncDisposableStack();
  let body = 'this is response 1';
  const receiver = parts.use(
    await startReceiver(() => ({ status: 500, headers: { 'content-type': 'text/plain' }, body })),
  );
  const server = parts.use(await startServer());
  await server.addHook(receiver.origin, { name: 'Shop', max_attempts: 1 });
  await server.send({ type: 'order.created' });
  const [{ id } = { id: '' }] = await server.deliveries('');
  await server.deliveryIn(id, 'failed');
  await repeatAttempt(server.database_url, id, ALL - 1);
  const retry = async (number: number): Promise<void> => {
    body = `this is response ${number}`;
    const { status, text } = await server.api(`POST /v1/deliveries/${id}/retry`);
    if (status >= 300) throw new Error(text);
  };
  await retry(ALL);
  const kept = parts.move();
  return { server, id, retry, [Symbol.asyncDispose]: () => kept.disposeAsync() };
};

const numbersIn = async (within: Locator): Promise<readonly number[]> =>
  (await within.locator('.timeline-row > .number:first-child').allTextContents()).map(Number);

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.skipIf(!hasBrowser)('a delivery with many attempts in the console', () => {
  const visit = useBrowser();

  it('shows the latest 20, all on request, and each with its response', async () => {
    await using failed = await startFailed();
    const { server, id, retry } = failed;
    await using visitor = await visit(server.origin);
    const { page, problems } = visitor;
    await page.goto(`${server.origin}/deliveries/${id}`);
    const detail = page.getByRole('complementary');
    await detail.getByText(`this is response ${ALL}`).waitFor();
    // With the manual one, there are more attempts than the hook allows.
    await detail.getByText(/, attempt 25$/).waitFor();
    const timeline = detail.getByRole('region', { name: 'Time line' });
    expect(await numbersIn(timeline)).toEqual(range(ALL - 19, ALL));

    await tab(detail, `Attempts (${ALL})`).click();
    const panel = detail.getByRole('tabpanel');
    expect(await numbersIn(panel)).toEqual(range(ALL - 19, ALL));
    await button(detail, 'Show earlier attempts').click();
    const attempts = panel.locator('.timeline-row');
    await attempts.nth(ALL - 1).waitFor();
    expect(await numbersIn(panel)).toEqual(range(1, ALL));
    expect(await numbersIn(timeline)).toEqual(range(1, ALL));
    expect(await button(detail, 'Show earlier attempts').count()).toBe(0);
    await attempts.first().click();
    await detail.getByText('this is response 1', { exact: true }).waitFor();

    // The address restores it, and going to a narrow page keeps it.
    await page.reload();
    await detail.getByText('this is response 1', { exact: true }).waitFor();
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await overflows(page)).toBe(false);
      expect(await seriousFindings(page)).toEqual([]);
    }
    await detail.getByText('this is response 1', { exact: true }).waitFor();

    // The stream shows the next one, in the list of all.
    await retry(ALL + 1);
    await tab(detail, `Attempts (${ALL + 1})`).click();
    await attempts.nth(ALL).waitFor();
    expect(await numbersIn(panel)).toEqual(range(1, ALL + 1));
    expect(problems).toEqual([]);
  });

  it('the timeline offers the earlier attempts too', async () => {
    await using failed = await startFailed();
    const { server, id } = failed;
    await using visitor = await visit(server.origin, { width: 390, scheme: 'dark' });
    const { page } = visitor;
    await page.goto(`${server.origin}/deliveries/${id}`);
    const timeline = page.getByRole('region', { name: 'Time line' });
    await button(timeline, 'Show earlier attempts').click();
    await timeline
      .locator('.timeline-row')
      .nth(ALL - 1)
      .waitFor();
    expect(await numbersIn(timeline)).toEqual(range(1, ALL));
  });
});
