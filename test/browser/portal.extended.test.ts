import { type Client, createClient } from '@bellwire/client';
import type { FrameLocator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { listen, readConfig } from '../../packages/server/src/index.ts';
import { createHost } from '../fixtures/portal/host.ts';
import { hasBrowser, overflows, seriousFindings, useBrowser } from '../support/browser.ts';
import { startReceiver } from '../support/receiver.ts';
import { ADMIN_KEY, type RunningServer, startServer } from '../support/running-server.ts';

const linkOf = async ({ api }: RunningServer, fields: object = {}): Promise<string> => {
  const { body } = await api('POST /v1/tenants/cus_1/portal-sessions', fields);
  return body.url;
};

/** An application that shows the portal in a frame, as the documentation describes it. */
const startHost = async (bellwire: () => Client) => {
  // The server must know the origin of its host, so it starts after it.
  const fetch = (request: Request) => createHost(bellwire(), () => 'cus_1').fetch(request);
  const config = readConfig({ port: '0', log_level: 'silent', api_key: ADMIN_KEY });
  const { port, close } = await listen(fetch, config);
  // The server is at 127.0.0.1, so this is another site.
  return { origin: `http://localhost:${port}`, [Symbol.asyncDispose]: close };
};

/** A customer registers a URL, sees why a test fails, rotates the secret, and recovers what was not delivered. */
const manage = async (
  page: Page | FrameLocator,
  {
    url,
    send,
    recover,
  }: { readonly url: string; readonly send: () => unknown; readonly recover: () => void },
): Promise<void> => {
  await page.getByRole('link', { name: 'Add webhook' }).first().click();
  await page.getByLabel('URL').fill(url);
  await page.getByLabel('All events').check();
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('The webhook was created').waitFor();
  await page.getByRole('tab', { name: 'Test', exact: true }).click();
  await page.getByRole('button', { name: 'Send test event' }).click();
  await page.getByText('The receiver responded with status 503.').waitFor();
  await page.getByText('Its own logs say why.').waitFor();
  await page.getByRole('tab', { name: 'Secret' }).click();
  await page.getByRole('button', { name: 'Rotate…' }).click();
  await page.getByRole('button', { name: 'Rotate the secret' }).click();
  await page.getByText('This is the new secret').waitFor();
  await send();
  await page.getByRole('tab', { name: 'Overview' }).click();
  await page.getByRole('region', { name: 'Latest deliveries' }).getByText('Retrying').first().waitFor();
  recover();
  await page.getByRole('button', { name: 'Recover…' }).click();
  await page.getByRole('button', { name: /^Send \d+ again/ }).click();
  await page.getByRole('region', { name: 'Latest deliveries' }).getByText('Succeeded').first().waitFor();
};

describe.skipIf(!hasBrowser)('the customer portal', () => {
  const visit = useBrowser();

  it('a customer registers a URL, sees why a test fails, rotates the secret and recovers', async () => {
    let status = 503;
    await using receiver = await startReceiver(() => ({ status }));
    await using server = await startServer();
    const other = await server.addHook(`${receiver.origin}/other`, { name: 'Of another customer' });
    await using visitor = await visit(server.origin, { signed_in: false });
    const { page, problems } = visitor;
    await page.goto(await linkOf(server, { theme: { name: 'Acme', accent: '#0b5d4e' } }));
    await page.getByText('No webhooks yet').waitFor();
    expect(page.url()).toBe(`${server.origin}/portal#/webhooks`);
    expect(await page.getByText('Acme').count()).toBe(1);
    await manage(page, {
      url: `${receiver.origin}/mine`,
      send: () => server.send({ type: 'order.created', tenant: 'cus_1' }),
      recover: () => {
        status = 200;
      },
    });
    const links = await page.evaluate<readonly string[]>(
      "[...document.links].map((link) => link.getAttribute('href'))",
    );
    expect(links.filter((href) => !/^#\/(?:webhooks|deliveries)/.test(href))).toEqual([]);
    await page.goto(`${server.origin}/portal#/webhooks/${other.id}`);
    await page.getByText(/no hook/).waitFor();
    // The browser reports the answer 404 itself.
    expect(problems.filter((problem) => !/status of 404/.test(problem))).toEqual([]);
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('works in a frame on another site, and asks its host for a new link after a reload and a revocation', async () => {
    let status = 503;
    await using receiver = await startReceiver(() => ({ status }));
    await using host = await startHost(() => bellwire);
    await using server = await startServer({ settings: { portal_origins: host.origin } });
    const bellwire = createClient({ url: server.origin, api_key: ADMIN_KEY });
    await using visitor = await visit(server.origin, { signed_in: false });
    const { page } = visitor;
    await page.goto(`${host.origin}/webhooks`);
    const frame = page.frameLocator('#portal');
    await manage(frame, {
      url: `${receiver.origin}/mine`,
      send: () => server.send({ type: 'order.created', tenant: 'cus_1' }),
      recover: () => {
        status = 200;
      },
    });
    await page.frames()[1]!.evaluate('location.reload()');
    await frame.getByRole('region', { name: 'Latest deliveries' }).waitFor();
    await server.api('DELETE /v1/tenants/cus_1/portal-sessions');
    await frame.getByRole('link', { name: 'Deliveries', exact: true }).click();
    await frame.getByRole('grid', { name: 'Deliveries' }).getByText('order.created').first().waitFor();
  });

  it('says that a link was used, that a session has ended, and that a reload needs a new link', async () => {
    await using server = await startServer();
    await using visitor = await visit(server.origin, { signed_in: false });
    const { page } = visitor;
    const link = await linkOf(server, { return_url: 'https://app.example.com/settings' });
    await page.goto(link);
    await page.getByText('No webhooks yet').waitFor();
    await server.api('DELETE /v1/tenants/cus_1/portal-sessions');
    await page.getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    const back = page.getByRole('link', { name: 'Back' });
    expect(await back.getAttribute('href')).toBe('https://app.example.com/settings');
    await page.goto(link);
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'This page needs a new link' }).waitFor();
    expect(await back.getAttribute('href')).toBe('https://app.example.com/settings');
    expect(await page.getByRole('textbox').count()).toBe(0);
    expect(await seriousFindings(page)).toEqual([]);
    // Only the fragment differs, so the browser loads nothing.
    await page.goto(await linkOf(server));
    await page.getByText('No webhooks yet').waitFor();
  });

  it('a link that is read-only offers no change, and says why', async () => {
    await using receiver = await startReceiver();
    await using server = await startServer();
    const hook = await server.addHook(receiver.origin, { name: 'Shop', tenant: 'cus_1' });
    await server.send({ type: 'order.created', tenant: 'cus_1' });
    await using visitor = await visit(server.origin, { signed_in: false });
    const { page } = visitor;
    await page.goto(await linkOf(server, { read_only: true }));
    await page.getByText('this link does not allow changes').waitFor();
    await page.getByRole('row', { name: /Shop/ }).waitFor();
    for (const view of [
      'webhooks',
      `webhooks/${hook.id}`,
      `webhooks/${hook.id}?tab=signing`,
      `webhooks/${hook.id}?tab=settings`,
      `webhooks/${hook.id}/edit`,
      'webhooks/new',
      'deliveries',
    ]) {
      await page.goto(`${server.origin}/portal#/${view}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const names = /Add webhook|Edit|Pause|Rotate|Reveal|Recover|Delete|Create|Save|Redeliver|Send/;
      expect([view, await page.getByRole('button', { name: names }).count()]).toEqual([view, 0]);
      expect([view, await page.getByRole('link', { name: names }).count()]).toEqual([view, 0]);
    }
  });

  it.each([
    ['de', 'light', { deliveries: 'Zustellungen', redeliver: 'Jetzt erneut zustellen' }],
    ['es', 'dark', { deliveries: 'Entregas', redeliver: 'Volver a entregar ahora' }],
  ] as const)(
    'speaks %s, and axe finds nothing serious, and nothing overflows (%s)',
    async (language, scheme, names) => {
      await using receiver = await startReceiver(() => ({ status: 500 }));
      await using server = await startServer();
      const hook = await server.addHook(receiver.origin, { name: 'n'.repeat(128), tenant: 'cus_1' });
      await server.send({ type: 'order.created', tenant: 'cus_1', data: { text: 'x'.repeat(5_000) } });
      const theme = { name: 'Acme', accent: '#0b5d4e', accent_dark: '#5fd0b5' };
      for (const width of [390, 1280]) {
        await using visitor = await visit(server.origin, { scheme, width, signed_in: false });
        const { page, problems } = visitor;
        const { hash } = new URL(await linkOf(server, { theme }));
        await page.goto(`${server.origin}/portal?lang=${language}${hash}`);
        await page.locator(`html[lang="${language}"]`).waitFor();
        for (const view of [
          'webhooks',
          'webhooks/new',
          `webhooks/${hook.id}`,
          `webhooks/${hook.id}?tab=test`,
          `webhooks/${hook.id}?tab=signing`,
          `webhooks/${hook.id}?tab=settings`,
        ]) {
          await page.goto(`${server.origin}/portal?lang=${language}#/${view}`);
          await page.getByRole('heading', { level: 1 }).waitFor();
          expect([view, await overflows(page)]).toEqual([view, false]);
          expect([view, await seriousFindings(page)]).toEqual([view, []]);
        }
        await page.getByRole('link', { name: names.deliveries, exact: true }).click();
        await page.getByRole('row', { name: /order\.created/ }).click();
        await page.getByRole('button', { name: names.redeliver }).waitFor();
        expect(await overflows(page)).toBe(false);
        expect(await seriousFindings(page)).toEqual([]);
        expect(problems).toEqual([]);
      }
    },
  );
});
