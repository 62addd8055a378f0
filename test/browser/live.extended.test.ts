import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { button, startSteeredReceiver, stateOf } from '../support/console.ts';
import { startServer } from '../support/running-server.ts';

const TIMEOUT_MS = 60_000;

const isStream = (url: string): boolean => new URL(url).pathname === '/v1/stream';

/** The streams that the pages of a browser open, from now on. */
const streamsOf = (context: BrowserContext): readonly string[] => {
  const streams: string[] = [];
  context.on('request', (request) => {
    if (isStream(request.url())) streams.push(request.url());
  });
  return streams;
};

const liveMark = (page: Page) => page.locator('.page-head').getByText(/^Live/);

const row = (page: Page, type: string) => page.getByRole('row').filter({ hasText: type });

describe.skipIf(!hasBrowser)('what happens elsewhere shows in the console without a reload', () => {
  const visit = useBrowser();

  it(
    'two people see a new delivery and a webhook that one of them pauses',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      const hook = await server.addHook(receiver.origin, { name: 'Shop' });
      await using first = await visit(server.origin);
      await using second = await visit(server.origin);
      await first.page.goto(`${server.origin}/deliveries`);
      await second.page.goto(`${server.origin}/deliveries`);
      for (const { page } of [first, second]) await liveMark(page).waitFor();
      await server.send({ type: 'order.created' });
      for (const { page } of [first, second])
        await row(page, 'order.created').getByText('Succeeded').waitFor();

      await first.page.goto(`${server.origin}/webhooks/${hook.id}`);
      await second.page.goto(`${server.origin}/webhooks`);
      await row(second.page, 'Shop').getByText('Active').waitFor();
      await button(first.page, 'Pause').click();
      await row(second.page, 'Shop').getByText('Paused').waitFor();
      await stateOf(first.page, 'Paused').waitFor();
      expect([...first.problems, ...second.problems]).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'a question that another browser has answered closes, and does not come back',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      const { id } = await server.addHook(receiver.origin, { name: 'Shop', active: false });
      await using visitor = await visit(server.origin);
      const { page, problems } = visitor;
      await page.goto(`${server.origin}/webhooks/${id}`);
      await button(page, 'Activate').click();
      const dialog = page.getByRole('dialog', { name: 'Activate Shop' });
      await dialog.waitFor();
      await server.api(`POST /v1/webhooks/${id}/activate`);
      await dialog.waitFor({ state: 'detached' });
      await stateOf(page, 'Active').waitFor();
      await server.api(`POST /v1/webhooks/${id}/deactivate`);
      await stateOf(page, 'Paused').waitFor();
      expect(await dialog.count()).toBe(0);
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'the tabs of a browser share one stream, and the next one takes over when its tab closes',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      await server.addHook(receiver.origin, { name: 'Shop' });
      await using visitor = await visit(server.origin);
      const { context, page, problems } = visitor;
      const streams = streamsOf(context);
      const address = `${server.origin}/deliveries`;
      await page.goto(address);
      await liveMark(page).waitFor();
      const late = await context.newPage();
      await late.goto(address);
      await liveMark(late).waitFor();
      await server.send({ type: 'order.created' });
      for (const tab of [page, late]) await row(tab, 'order.created').getByText('Succeeded').waitFor();
      expect(streams).toHaveLength(1);

      const taken_over = context.waitForEvent('request', (request) => isStream(request.url()));
      await page.close();
      await taken_over;
      await server.send({ type: 'order.deleted' });
      await row(late, 'order.deleted').getByText('Succeeded').waitFor();
      await server.send({ type: 'order.shipped' });
      await row(late, 'order.shipped').getByText('Succeeded').waitFor();
      expect(streams).toHaveLength(2);
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
