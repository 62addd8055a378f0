import type { Locator, Page } from 'playwright-core';
import { startReceiver, type Receiver, type ReceivedCall } from './receiver.ts';
import { isSignedWith } from './signature-checks.ts';

interface Reply {
  readonly status: number;
  readonly body: string;
}

export const ACCEPTS: Reply = { status: 200, body: 'OK' };
export const IS_DOWN: Reply = { status: 503, body: '{"error":"maintenance until noon"}' };

/** A receiver that a test breaks and repairs. */
export interface SteeredReceiver extends Receiver {
  readonly replyWith: (reply: Reply) => void;
}

export const startSteeredReceiver = async (first: Reply = ACCEPTS): Promise<SteeredReceiver> => {
  let reply = first;
  const receiver = await startReceiver(() => ({
    ...reply,
    headers: { 'content-type': reply.body.startsWith('{') ? 'application/json' : 'text/plain' },
  }));
  return {
    ...receiver,
    replyWith: (next) => {
      reply = next;
    },
  };
};

/** Whether a receiver of the dialect that knows the secret accepts what arrived. */
export const isGenuine = (dialect: string, { headers, body }: ReceivedCall, secret: string) =>
  isSignedWith(dialect, { headers, body: body.toString() }, secret);

/** Follows the navigation, without loading the page again. */
export const goTo = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();

/** Opens the page of a webhook from the list. */
export const openHook = async (page: Page, name: string | RegExp): Promise<void> => {
  await goTo(page, 'Webhooks');
  await page.getByRole('row', { name }).click();
};

/** The state beside the title of the page of a webhook. */
export const stateOf = (page: Page, word: string): Locator =>
  page.locator('.page-head').getByText(word, { exact: true });

export const tab = (within: Page | Locator, name: string | RegExp): Locator =>
  within.getByRole('tab', { name, exact: true });

export const button = (within: Page | Locator, name: string | RegExp): Locator =>
  within.getByRole('button', { name, exact: true });

/** The secret on the page after a creation. */
export const shownSecret = async (page: Page): Promise<string> => {
  const notice = page.getByRole('status').filter({ hasText: 'The webhook was created' });
  return (await notice.locator('code').textContent())!;
};

interface Repair {
  readonly page: Page;
  readonly receiver: SteeredReceiver;
  readonly type: string;
  /** The names of the tabs of a delivery. */
  readonly tabs?: readonly [request: string, response: string];
}

/**
 * Opens the newest delivery of a type, which has failed with `IS_DOWN`: the page says why. Then repairs the receiver and
 * sends the delivery again.
 */
export const repair = async ({ page, receiver, type, tabs = ['Request', 'Response'] }: Repair) => {
  await goTo(page, 'Deliveries');
  const row = page.getByRole('row').filter({ hasText: type }).first();
  await row.getByText('503').waitFor();
  await row.click();
  const detail = page.getByRole('complementary');
  await detail.getByText('The receiver responded with status 503.').waitFor();
  await detail.getByText('Its own logs say why.').waitFor();
  await tab(detail, tabs[1]).waitFor();
  await detail.getByText('"error": "maintenance until noon"').waitFor();
  await tab(detail, tabs[0]).click();
  await detail.getByText('content-type', { exact: false }).first().waitFor();
  receiver.replyWith(ACCEPTS);
  await button(detail, 'Redeliver now').click();
  await detail.getByText('Delivered.').waitFor();
  await row.getByText('Succeeded').waitFor();
};
