import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, overflows, settled, useBrowser } from '../support/browser.ts';
import { HOSTILE_TYPE, startHostileServer } from '../support/hostile-records.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { keepForFile, until } from '../support/running-server.ts';

/** The texts, names and tips of a page that have characters which do not show. */
const hiddenCharacters = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`(() => {
    const hidden = /[\\p{Cf}\\p{Zl}\\p{Zp}]|(?![\\n\\t])\\p{Cc}/u;
    const texts = [document.title, document.body.innerText];
    for (const element of document.querySelectorAll('[title], [aria-label], option'))
      texts.push(element.title, element.getAttribute('aria-label') ?? '', element.text ?? '');
    return texts.filter((text) => hidden.test(text)).map((text) => {
      const at = text.search(hidden);
      return JSON.stringify(text.slice(Math.max(0, at - 60), at + 40));
    });
  })()`);

/** Opens an address, uses the page a little, and reports what should not be, in a line each. */
const faultsOf = async (page: Page, address: string, shows: string): Promise<readonly string[]> => {
  await page.goto('about:blank');
  await page.goto(address);
  const shown = page.getByText(shows).filter({ visible: true }).first();
  const has_loaded = await shown.waitFor({ timeout: 5_000 }).then(
    () => true,
    () => false,
  );
  await settled(page);
  // Hovers and focuses: handlers of attributes would run.
  await page.mouse.move(195, 300);
  for (let tabs = 0; tabs < 6; tabs += 1) await page.keyboard.press('Tab');
  return [
    ...(has_loaded ? [] : [`does not show ${shows}`]),
    ...((await page.evaluate('window.hit')) === undefined ? [] : ['a script ran']),
    ...((await overflows(page)) ? ['scrolls sideways'] : []),
    ...(await hiddenCharacters(page)).map((text) => `hides characters in ${text}`),
  ].map((fault) => `${address}: ${fault}`);
};

describe.skipIf(!hasBrowser)('a server full of hostile texts', async () => {
  if (!hasBrowser) return;
  const visit = useBrowser();
  const { server, hook_id, tenant, workspace_id } = await keepForFile(startHostileServer());
  const { origin } = server;

  const found = async () => {
    const failed = await until(
      () => server.deliveries(`hook_id=${hook_id}`),
      (rows) => rows.some(({ attempt_count }) => attempt_count > 0),
    );
    const { body: events } = await server.api(`GET /v1/events?type=${HOSTILE_TYPE}`);
    return { delivery: failed[0]!.id, event: events.data[0]!.id };
  };

  /** Every page, with a text that shows that it has loaded. */
  const addresses = async (): Promise<readonly (readonly [path: string, text: string])[]> => {
    const { delivery, event } = await found();
    const text = encodeURIComponent(hostileTexts[0]!);
    const hit = 'window.hit';
    return [
      ['/webhooks', hit],
      [`/webhooks?q=${text}`, hit],
      [`/webhooks/new?tenant=${text}`, 'URL'],
      ...['overview', 'test', 'signing', 'receiver', 'settings'].map(
        (tab) => [`/webhooks/${hook_id}?tab=${tab}`, hit] as const,
      ),
      [`/webhooks/${hook_id}/edit`, 'URL'],
      [`/webhooks/${text}`, 'Webhooks'],
      ['/deliveries', hit],
      [`/deliveries?status=${text}&hook_id=${text}&event_type=${text}&time=${text}`, 'Deliveries'],
      ...['request', 'response', 'attempts'].map(
        (tab) => [`/deliveries/${delivery}?tab=${tab}`, delivery] as const,
      ),
      [`/deliveries/${text}`, 'Deliveries'],
      ['/events', hit],
      [`/events?tenant=${text}&idempotency_key=${text}&type=${text}`, hit],
      [`/events/${event}`, hit],
      [`/events/new?type=${HOSTILE_TYPE}`, 'Data'],
      ['/catalog', hit],
      ...['schema', 'raw', 'example'].map((tab) => [`/catalog/${HOSTILE_TYPE}?tab=${tab}`, hit] as const),
      [`/catalog/${HOSTILE_TYPE}?edit=1`, 'Schema'],
      [`/catalog/${text}`, hit],
      ['/tenants', hit],
      [`/tenants/${encodeURIComponent(tenant)}`, hit],
      ['/health', hit],
      ['/keys', hit],
      ['/audit', hit],
      ['/settings', 'BELLWIRE_'],
      [`/debug?delivery=${delivery}`, 'Debug'],
      [`/w/${workspace_id}/webhooks`, 'Webhooks'],
      [`/nothing/${text}`, 'does not exist'],
      [`/signin#${text}`, hit],
    ];
  };

  it.each([
    [1280, 2600],
    [390, 3600],
  ])(
    'nothing runs, loads or overflows on any page, and every invisible character shows (%i px)',
    async (width, height) => {
      await using visitor = await visit(origin, { width, height });
      const { page, problems, context } = visitor;
      const dialogs: string[] = [];
      context.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      const faults: string[] = [];
      let pages_with_texts = 0;
      for (const [path, shows] of await addresses()) {
        faults.push(...(await faultsOf(page, origin + path, shows)));
        if (await page.evaluate(`document.body.innerText.includes('<script>')`)) pages_with_texts += 1;
      }
      expect(faults).toEqual([]);
      expect(pages_with_texts).toBeGreaterThan(15);
      expect(dialogs).toEqual([]);
      expect(problems.filter((problem) => !/status of (401|404|422)/.test(problem))).toEqual([]);
    },
    120_000,
  );

  it.each([
    [
      'an inline script',
      'trusted-types',
      `const script = document.createElement('script'); script.append('window.hit = 1'); document.body.append(script)`,
    ],
    [
      'a handler in an attribute',
      'trusted-types',
      `document.body.setAttribute('onclick', 'window.hit = 1'); document.body.click()`,
    ],
    [
      'a javascript: address',
      'script-src',
      `const link = document.createElement('a'); link.href = 'javascript:window.hit=1'; document.body.append(link); link.click()`,
    ],
    [
      'a script of another host',
      'trusted-types',
      `const script = document.createElement('script'); script.src = 'http://127.0.0.2:9/x.js'; document.body.append(script)`,
    ],
    ['an image of another host', 'img-src', `new Image().src = 'http://127.0.0.2:9/x.png'`],
    ['a call of another host', 'connect-src', `fetch('http://127.0.0.2:9/').catch(() => {})`],
    [
      'a style',
      'style-src',
      `const style = document.createElement('style'); style.append('* { color: red }'); document.head.append(style)`,
    ],
    [
      'a frame',
      'frame-src',
      `const frame = document.createElement('iframe'); frame.src = '/docs'; document.body.append(frame)`,
    ],
    [
      'a form',
      'form-action',
      `const form = document.createElement('form'); form.action = 'http://127.0.0.2:9/'; document.body.append(form); form.submit()`,
    ],
    [
      'another base',
      'base-uri',
      `const base = document.createElement('base'); base.href = 'http://127.0.0.2:9/'; document.head.append(base)`,
    ],
    [
      'markup from text',
      'trusted-types',
      `try { document.body.innerHTML = '<img src=x onerror="window.hit=1">' } catch {}`,
    ],
  ])('the policy blocks %s, in case something is injected after all', async (_, directive, injection) => {
    await using visitor = await visit(origin);
    const { page, problems } = visitor;
    await page.goto(`${origin}/settings`);
    await page.getByText('BELLWIRE_').filter({ visible: true }).first().waitFor();
    await page.evaluate(`{ ${injection} }`).catch(() => {});
    await until(
      async () => problems,
      (all) => all.some((problem) => problem.startsWith('CSP ') && problem.includes(directive)),
      5_000,
    );
    expect(await page.evaluate('window.hit')).toBeUndefined();
  });
});
