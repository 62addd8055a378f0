import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { startForeignPage } from '../support/foreign-page.ts';
import { startServer } from '../support/running-server.ts';

describe.skipIf(!hasBrowser)('a page of another origin in the browser of a person who is signed in', () => {
  const visit = useBrowser();

  it.each([
    // Ports do not count as another site: the browser sends the cookie, and only the check of the origin is left.
    ['on another port of this host', '127.0.0.1', 403],
    ['on another host', 'localhost', 401],
  ])('%s changes nothing and reads nothing', async (_, host, refusal) => {
    await using server = await startServer();
    await using foreign = await startForeignPage(server.origin);
    await using visitor = await visit(server.origin);
    const { page, context } = visitor;
    await server.addHook('http://127.0.0.1:4999/own', { name: 'Own', tenant: 'shop', active: false });
    const statuses = new Map<string, number[]>();
    context.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (response.url().startsWith(server.origin))
        statuses.set(pathname, [...(statuses.get(pathname) ?? []), response.status()]);
    });
    await page.goto(`http://${host}:${foreign.port}/`);
    expect(await page.evaluate('window.finished')).toEqual([]);
    const refused = [...statuses].flatMap(([path, all]) => (path === '/v1/webhooks' ? all : []));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused).toContain(refusal);
    expect(refused.every((status) => status >= 400)).toBe(true);

    const { body: hooks } = await server.api('GET /v1/webhooks');
    expect(hooks.data.map(({ name }) => name)).toEqual(['Own']);
    expect((await server.api('GET /v1/events')).body.data).toEqual([]);
    expect((await server.api('GET /v1/tenants/shop')).status).toBe(200);
    // The session still works, so the requests were refused with a valid cookie in the browser.
    await page.goto(`${server.origin}/webhooks`);
    await page.getByText('Own').filter({ visible: true }).first().waitFor();
  });
});
