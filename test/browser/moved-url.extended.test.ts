import { describe, expect, it } from 'vitest';
import { hasBrowser, useBrowser } from '../support/browser.ts';
import { button } from '../support/console.ts';
import { startServer } from '../support/running-server.ts';

const URL_BEFORE = 'https://old.example.com/in';
const URL_AFTER = 'https://new.example.com/in';

describe.skipIf(!hasBrowser)('a webhook that moves to another origin in the console', () => {
  const visit = useBrowser();

  const openForm = async (fields: object) => {
    const server = await startServer();
    const hook = await server.addHook(URL_BEFORE, fields);
    const visitor = await visit(server.origin);
    const { page } = visitor;
    await page.goto(`${server.origin}/webhooks/${hook.id}/edit`);
    await page.getByLabel(/^(URL|Endpoint)$/).fill(URL_AFTER);
    await button(page, 'Save').click();
    const stored = async () => (await server.api(`GET /v1/webhooks/${hook.id}`)).body;
    return {
      page,
      stored,
      [Symbol.asyncDispose]: async () => {
        await visitor[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  };

  it('asks at the field for the header values, which are given again or dropped', async () => {
    for (const choice of ['Replace the headers', 'Drop the headers']) {
      await using form = await openForm({ headers: { 'X-Key': 'one' } });
      const { page } = form;
      await page.getByText('Header values are never sent to an origin').waitFor();
      expect(await form.stored()).toMatchObject({ url: URL_BEFORE });
      await button(page, choice).click();
      if (choice.startsWith('Replace')) await page.getByLabel('Headers, Value 1').fill('two');
      await button(page, 'Save').click();
      const headers = choice.startsWith('Replace') ? { 'X-Key': '[secret]' } : {};
      await expect.poll(form.stored).toMatchObject({ url: URL_AFTER, headers });
    }
  });

  it('asks at the field for a secret that requests contain, which is given again or removed', async () => {
    for (const secret of ['the-same-secret', null]) {
      await using form = await openForm({ dialect: 'casesolved', secret: 'the-same-secret' });
      const { page } = form;
      await page.getByText('each request contains the secret').waitFor();
      if (secret === null) await button(page, 'Send without a secret').click();
      else await page.getByLabel('Secret').fill(secret);
      await button(page, 'Save').click();
      await expect.poll(form.stored).toMatchObject({ url: URL_AFTER });
    }
  });
});
