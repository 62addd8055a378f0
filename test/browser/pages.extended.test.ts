import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasBrowser, overflows, seriousFindings, settled, useBrowser } from '../support/browser.ts';
import { startConsoleServer } from '../support/console-pages.ts';
import { keepForFile, startServer } from '../support/running-server.ts';

/** What each page is for: it must be reached by Tab. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  webhooks: ['Add webhook'],
  'new webhook': ['URL', 'Name', 'Create', 'Cancel'],
  webhook: ['Overview', 'Edit'],
  'webhook, test': ['Send'],
  'webhook, signing': ['Rotate'],
  'webhook, receiver': ['Copy'],
  'webhook, settings': ['Delete'],
  'edit webhook': ['URL', 'Save'],
  deliveries: ['Search by id', 'Deliveries', 'Status'],
  'delivery, response': ['Redeliver now', 'Copy as curl', 'Response', 'Close'],
  events: ['Send an event', 'Events'],
  event: ['Close'],
  'send an event': ['Send'],
  catalog: ['New event type', 'Event types'],
  'event type': ['Edit', 'Delete', 'Send one'],
  'edit event type': ['Save'],
  tenants: ['Tenants'],
  tenant: ['Erase', 'Add a value'],
  keys: ['New API key'],
  settings: ['Search'],
  debug: ['Headers', 'Check the signature'],
};

interface Stops {
  /** The names of the elements that Tab reaches, in order. */
  readonly names: readonly string[];
  /** Those that can be clicked but that Tab does not reach. */
  readonly unreached: readonly string[];
  /** Those whose focus does not show. */
  readonly invisible: readonly string[];
}

const NAME = `(element) => element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? (element.innerText || element.placeholder || element.tagName)`;

/** Presses Tab until the focus is back at its start, past the end of the page. */
const tabStops = async (page: Page): Promise<Stops> => {
  await page.evaluate(`document.activeElement?.blur(); window.stops = []`);
  for (let presses = 0; presses < 250; presses += 1) {
    await page.keyboard.press('Tab');
    const more = await page.evaluate(`(() => {
      const focused = document.activeElement;
      if (focused === document.body) return true;
      if (window.stops[0]?.[0] === focused && window.stops.length > 1) return false;
      // The parts of a date are stops of one element.
      if (window.stops.some(([element]) => element === focused)) return true;
      const { outlineStyle, boxShadow } = getComputedStyle(focused);
      window.stops.push([focused, outlineStyle !== 'none' || boxShadow !== 'none']);
      return true;
    })()`);
    if (!more) break;
  }
  return page.evaluate<Stops>(`(() => {
    const name = ${NAME};
    const reached = window.stops.map(([element]) => element);
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=grid]')];
    const isOffered = (element) => element.checkVisibility() && !element.disabled && element.tabIndex >= 0
      // A group of radio buttons has one stop.
      && !(element.type === 'radio' && document.querySelectorAll('[type=radio][name="' + element.name + '"]:checked').length > 0 && !element.checked);
    return {
      names: reached.map(name),
      unreached: all.filter((element) => isOffered(element) && !reached.includes(element)).map(name),
      invisible: window.stops.filter(([, shown]) => !shown).map(([element]) => name(element)),
    };
  })()`);
};

const ready = async (page: Page, address: string): Promise<void> => {
  await page.goto(address);
  await page.getByRole('heading', { level: 1 }).or(page.getByRole('complementary')).first().waitFor();
  await settled(page);
};

describe.skipIf(!hasBrowser)('the pages of the console', async () => {
  if (!hasBrowser) return;
  const visit = useBrowser();
  const { server, paths } = await keepForFile(startConsoleServer());
  const { origin } = server;

  // A scheme changes colors, not the layout.
  it.each([
    ['light', [1280, 1920, 390]],
    ['dark', [1280]],
  ] as const)(
    'axe finds nothing serious, and no page scrolls sideways (%s, %j px)',
    async (scheme, widths) => {
      await using visitor = await visit(origin, { scheme });
      const { page, problems } = visitor;
      const faults: string[] = [];
      for (const [name, path] of Object.entries(paths)) {
        await page.setViewportSize({ width: 1280, height: 800 });
        await ready(page, origin + path);
        for (const width of widths) {
          await page.setViewportSize({ width, height: 800 });
          await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
          if (await overflows(page)) faults.push(`${name}: scrolls sideways at ${width} px`);
          if (width === 1920) continue;
          for (const finding of await seriousFindings(page)) faults.push(`${name}, ${width} px: ${finding}`);
        }
      }
      expect(faults).toEqual([]);
      expect(problems).toEqual([]);
    },
    120_000,
  );

  it('axe finds nothing serious on the sign-in page', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await using visitor = await visit(origin, { scheme, signed_in: false, width: 390 });
      const { page, problems } = visitor;
      await page.goto(origin);
      await page.getByLabel('API key').waitFor();
      expect(await page.evaluate('document.activeElement.type')).toBe('password');
      expect(await seriousFindings(page)).toEqual([]);
      expect(await overflows(page)).toBe(false);
      expect(problems).toEqual([]);
    }
  });

  it('Tab reaches everything that can be clicked, and shows where it is', async () => {
    await using visitor = await visit(origin);
    const { page } = visitor;
    const faults: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      await ready(page, origin + path);
      const { names, unreached, invisible } = await tabStops(page);
      for (const action of ACTIONS[name] ?? [])
        if (!names.some((stop) => stop.includes(action)))
          faults.push(`${name}: ${action} is not among ${names.slice(14).join(' | ')}`);
      if (unreached.length > 0) faults.push(`${name}: Tab does not reach ${unreached.join(' | ')}`);
      if (invisible.length > 0) faults.push(`${name}: the focus does not show at ${invisible.join(' | ')}`);
    }
    expect(faults).toEqual([]);
  }, 120_000);

  it('on a new server, each list says what it will show and what to do next', async () => {
    await using fresh = await startServer();
    await using visitor = await visit(fresh.origin);
    const { page, problems } = visitor;
    for (const [path, title] of [
      ['/webhooks', 'No webhooks yet'],
      ['/deliveries', 'No deliveries yet'],
      ['/events', 'No events yet'],
      ['/catalog', 'The catalog is empty'],
      ['/tenants', 'No tenants yet'],
      ['/health', 'Health'],
    ] as const) {
      await page.goto(fresh.origin + path);
      await page.getByText(title).first().waitFor();
      expect([path, await seriousFindings(page)]).toEqual([path, []]);
    }
    expect(problems).toEqual([]);
  });
});
