import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { startSteeredReceiver } from '../support/console.ts';
import { type RunningServer, startServer } from '../support/running-server.ts';

const TIMEOUT_MS = 60_000;

/** Delays the next stream of a browser. Resolves once a page has requested it, with the function that lets it through. */
const holdStream = async (context: BrowserContext): Promise<() => Promise<() => void>> => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: requested, resolve: request } = Promise.withResolvers<void>();
  await context.route('**/v1/stream', async (route) => {
    request();
    await released;
    await route.continue();
  });
  return async () => {
    await requested;
    return release;
  };
};

const deliver = async (server: RunningServer, type: string): Promise<void> => {
  await server.send({ type });
  const [delivery] = await server.deliveries(`event_type=${type}`);
  await server.deliveryIn(delivery!.id, 'succeeded');
};

const shows = (page: Page, type: string): Promise<void> =>
  page.getByRole('row').filter({ hasText: type }).getByText('Succeeded').waitFor();

describe.skipIf(!hasBrowser)('a page of the console misses no change', () => {
  const visit = useBrowser();

  it(
    'between the reading of its list and the beginning of the stream',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      await server.addHook(receiver.origin);
      await using visitor = await visit(server.origin);
      const { context, page, problems } = visitor;
      const streamRequested = await holdStream(context);
      await page.goto(`${server.origin}/deliveries`);
      await page.getByText('No deliveries yet').waitFor();
      const release = await streamRequested();
      await deliver(server, 'order.created');
      release();
      await shows(page, 'order.created');
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'while another tab takes over the stream',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      await server.addHook(receiver.origin);
      await using visitor = await visit(server.origin);
      const { context, page, problems } = visitor;
      const others = [await context.newPage(), await context.newPage()];
      for (const tab of [page, ...others]) {
        await tab.goto(`${server.origin}/deliveries`);
        await tab.locator('.page-head').getByText(/^Live/).waitFor();
      }
      const streamRequested = await holdStream(context);
      await page.close();
      const release = await streamRequested();
      await deliver(server, 'order.created');
      release();
      for (const tab of others) await shows(tab, 'order.created');
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'while the answer with its list is on the way',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      await server.addHook(receiver.origin);
      await using visitor = await visit(server.origin);
      const { context, page, problems } = visitor;
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
      await page.goto(`${server.origin}/deliveries`);
      await page.locator('.page-head').getByText(/^Live/).waitFor();
      const late = await context.newPage();
      await late.route(/\/trpc\/.*deliveries\.list/, async (route) => {
        const response = await route.fetch();
        answer();
        await released;
        await route.fulfill({ response });
      });
      await late.goto(`${server.origin}/deliveries`);
      await answered;
      // A page applies changes together: the second one is in the first page after the late page has applied the first.
      for (const type of ['order.created', 'order.shipped']) {
        await deliver(server, type);
        await shows(page, type);
      }
      release();
      await shows(late, 'order.created');
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
