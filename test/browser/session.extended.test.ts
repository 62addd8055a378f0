import { describe, expect, it } from 'vitest';
import { hasBrowser, seriousFindings, useBrowser } from '../support/browser.ts';
import { button, goTo, startSteeredReceiver } from '../support/console.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';

const TIMEOUT_MS = 60_000;

describe.skipIf(!hasBrowser)('the session of a person in the console', () => {
  const visit = useBrowser();

  it(
    'a wrong key shows why; the right one opens the page of the address; signing out ends it for good',
    async () => {
      await using server = await startServer();
      await using visitor = await visit(server.origin, { signed_in: false });
      const { page, problems } = visitor;
      await page.goto(`${server.origin}/webhooks?status=paused`);
      const key = page.getByLabel('API key');
      expect(await button(page, 'Sign in').isDisabled()).toBe(true);
      await key.fill('not-a-key-of-this-server');
      await button(page, 'Sign in').click();
      await page.getByText('This API key is not known here: it was mistyped,').waitFor();
      expect(await page.getByText('Bearer').count()).toBe(0);
      expect(await key.getAttribute('aria-invalid')).toBe('true');
      expect(await seriousFindings(page)).toEqual([]);
      await key.fill(ADMIN_KEY);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
      expect(new URL(page.url()).search).toBe('?status=paused');
      await page.reload();
      await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();

      const [cookie] = await visitor.context.cookies();
      await button(page, 'Sign out').click();
      await key.waitFor();
      await page.reload();
      await key.waitFor();
      // The server has forgotten it too, not only the browser.
      await visitor.context.addCookies([cookie!]);
      await page.reload();
      await key.waitFor();
      expect(problems).toEqual([expect.stringContaining('401')]);
    },
    TIMEOUT_MS,
  );

  it(
    'a deleted key ends the session, and an idle page says so',
    async () => {
      await using server = await startServer();
      const { body } = await server.api('POST /v1/api-keys', { name: 'Anna', scope: 'admin' });
      await using visitor = await visit(server.origin, { signed_in: false });
      const { page, problems } = visitor;
      await page.goto(server.origin);
      await page.getByLabel('API key').fill(body.api_key);
      await button(page, 'Sign in').click();
      await page.getByText('No deliveries yet').waitFor();
      await server.api(`DELETE /v1/api-keys/${body.id}`);
      await page.getByText('Your session has ended, or its API key was deleted.').waitFor();
      await page.getByText('Sign in with an API key').waitFor();
      await page.getByLabel('API key').fill(ADMIN_KEY);
      await button(page, 'Sign in').click();
      await page.getByRole('heading', { name: 'Deliveries', level: 1 }).waitFor();
      expect(problems.filter((problem) => !problem.includes('401'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'the switcher opens another workspace, which its address keeps',
    async () => {
      await using receiver = await startSteeredReceiver();
      await using server = await startServer();
      await server.addHook(receiver.origin, { name: 'Of the default' });
      const other = await server.api('POST /v1/workspaces', { name: 'Staging' });
      const headers = { 'bellwire-workspace': other.body.id };
      await server.addHook(receiver.origin, { name: 'Of staging' }, { headers });
      await using visitor = await visit(server.origin);
      const { page, problems } = visitor;
      await page.goto(server.origin);
      await page.getByLabel('Workspace').selectOption('Staging');
      await page.getByText('No deliveries yet').waitFor();
      await goTo(page, 'Webhooks');
      await page.getByRole('row', { name: /Of staging/ }).click();
      await page.getByRole('heading', { name: 'Of staging' }).waitFor();
      expect(new URL(page.url()).pathname).toMatch(`/w/${other.body.id}/webhooks/`);
      await page.reload();
      await page.getByRole('heading', { name: 'Of staging' }).waitFor();
      expect(await page.getByLabel('Workspace').locator('option:checked').textContent()).toBe('Staging');
      await goTo(page, 'Webhooks');
      await page.getByRole('row', { name: /Of staging/ }).waitFor();
      expect(await page.getByText('Of the default').count()).toBe(0);

      await server.api('POST /v1/events', { type: 'order.created', data: {} }, { headers });
      await goTo(page, 'Deliveries');
      await page
        .getByRole('row', { name: /order\.created/ })
        .getByText('Succeeded')
        .waitFor();
      await page.getByLabel('Workspace').selectOption({ index: 0 });
      await goTo(page, 'Webhooks');
      await page.getByRole('row', { name: /Of the default/ }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/webhooks');
      expect(problems).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
