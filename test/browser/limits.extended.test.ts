import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasBrowser, overflows, seriousFindings, useBrowser } from '../support/browser.ts';
import { button } from '../support/console.ts';
import { startServer } from '../support/running-server.ts';

const pem = (name: string): string =>
  readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url), 'utf8');

describe.skipIf(!hasBrowser)('limits and certificates in the console', () => {
  const visit = useBrowser();

  it('an operator sees and changes the limits of a tenant; a refused one is explained at its field', async () => {
    await using server = await startServer();
    await server.api('PATCH /v1/tenants/acme', { limits: { events_per_second: 50 } });
    const limits = async () => (await server.api('GET /v1/tenants/acme')).body;
    await using visitor = await visit(server.origin);
    const { page } = visitor;
    await page.goto(`${server.origin}/tenants/acme`);
    const form = page.getByRole('form', { name: 'Limits' });
    const [hooks, rate] = [form.getByLabel('Webhooks'), form.getByLabel('Events per second')];
    expect([await hooks.inputValue(), await rate.inputValue()]).toEqual(['1000', '50']);
    await rate.fill('0');
    await button(form, 'Save the limits').click();
    await form.getByText('must be at least 1').waitFor();
    await rate.fill('');
    await hooks.fill('7');
    await button(form, 'Save the limits').click();
    // The other button has another name while it saves.
    await button(form, 'Discard').waitFor({ state: 'detached' });
    expect(await limits()).toMatchObject({ limits: { max_hooks: 7, events_per_second: null } });
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('a new key has the limit that was entered, and the list shows it', async () => {
    await using server = await startServer();
    await using visitor = await visit(server.origin, { width: 390 });
    const { page } = visitor;
    await page.goto(`${server.origin}/keys`);
    await button(page, 'New API key').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Checkout');
    await dialog.getByLabel('Events per second').fill('2500');
    await button(dialog, 'Create the key').click();
    await button(page, 'I have saved it').click();
    await page.getByText('at most 2,500 events/s').waitFor();
    expect(await overflows(page)).toBe(false);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it('a client certificate is set, refused with the reason, shown without its key, and removed', async () => {
    await using server = await startServer();
    const hook = await server.addHook('https://127.0.0.1:4590/in');
    const stored = async () => (await server.api(`GET /v1/webhooks/${hook.id}`)).body;
    await using visitor = await visit(server.origin);
    const { page } = visitor;
    const edit = async (): Promise<void> => {
      await page.goto(`${server.origin}/webhooks/${hook.id}/edit`);
      await page.getByText('Advanced').click();
    };
    await edit();
    const certificate = page.getByLabel('Certificate in PEM');
    const key = page.getByLabel('Its private key');
    await certificate.fill('not a certificate');
    await key.fill(pem('client-a-key'));
    await button(page, 'Save').click();
    await page.getByText('is not a certificate in PEM').waitFor();
    // The form has moved to the field.
    await page.locator('textarea[placeholder*="CERTIFICATE"]:focus').waitFor();
    await certificate.fill(pem('client-a-cert'));
    await button(page, 'Save').click();
    await page.waitForURL(/\/webhooks\/wh_[^/]*$/);
    expect(await stored()).toMatchObject({
      client_certificate: { subject: expect.stringContaining('client-a') },
    });

    await edit();
    await page.getByText('CN=client-a').waitFor();
    // An unrelated change keeps it.
    await page.getByLabel('Description').fill('changed');
    await button(page, 'Save').click();
    await page.waitForURL(/\/webhooks\/wh_[^/]*$/);
    expect(await stored()).toMatchObject({ description: 'changed', client_certificate: {} });

    await edit();
    await button(page, 'Replace or remove the certificate').click();
    await button(page, 'Save').click();
    await page.waitForURL(/\/webhooks\/wh_[^/]*$/);
    expect(await stored()).toMatchObject({ client_certificate: null });
  });
});
