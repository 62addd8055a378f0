import { describe, expect, it } from 'vitest';
import { hasBrowser, overflows, seriousFindings, useBrowser } from '../support/browser.ts';
import { startReceiver } from '../support/receiver.ts';
import { startServer } from '../support/running-server.ts';

describe.skipIf(!hasBrowser)('the deliveries of the console', () => {
  const visit = useBrowser();

  it('a failed delivery shows the request, the response and the reason, and succeeds when it is sent again', async () => {
    let status = 503;
    await using receiver = await startReceiver(() => ({
      status,
      headers: { 'content-type': 'application/json' },
      body: '{"error":"maintenance"}',
    }));
    await using server = await startServer();
    await server.addHook(receiver.origin, { name: 'Shop' });
    await using visitor = await visit(server.origin);
    const { page, problems } = visitor;
    await page.goto(`${server.origin}/deliveries`);
    await page.getByText('No deliveries yet').waitFor();

    // The stream shows it: nothing is reloaded.
    await server.send({ type: 'order.created', data: { order: { id: 7 } } });
    const row = page.getByRole('row', { name: /order\.created/ });
    await row.getByText('Retrying').waitFor();
    await row.click();
    const detail = page.getByRole('complementary', { name: 'order.created to Shop' });
    await detail.getByText('The receiver responded with status 503.').waitFor();
    await detail.getByText('"error": "maintenance"').waitFor();
    await detail.getByRole('tab', { name: 'Request' }).click();
    await detail.getByText('webhook-signature').waitFor();

    status = 200;
    await detail.getByRole('button', { name: 'Redeliver now' }).click();
    await row.getByText('Succeeded').waitFor();
    await detail.getByText('Delivered.').waitFor();
    expect(problems).toEqual([]);
  });

  it('the address restores the view, and the keyboard reaches every delivery', async () => {
    await using receiver = await startReceiver();
    await using server = await startServer();
    await server.addHook(receiver.origin);
    for (const type of ['a.one', 'a.two', 'a.three']) await server.send({ type });
    await using visitor = await visit(server.origin);
    const { page } = visitor;
    await page.goto(`${server.origin}/deliveries?status=succeeded`);
    await page.getByRole('row').nth(2).waitFor();
    await page.getByRole('grid').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('complementary', { name: /^a\.two/ }).waitFor();
    await page.reload();
    await page.getByRole('complementary', { name: /^a\.two/ }).waitFor();
    expect(await page.getByRole('row', { selected: true }).textContent()).toContain('a.two');
    expect(await page.getByLabel('Status', { exact: true }).inputValue()).toBe('succeeded');
    await page.keyboard.press('/');
    await page.keyboard.type('dlv_unknown');
    await page.keyboard.press('Enter');
    await page.getByText('There is no delivery dlv_unknown').waitFor();
  });

  it.each(['light', 'dark'] as const)(
    'axe finds nothing serious, and nothing overflows (%s)',
    async (scheme) => {
      await using receiver = await startReceiver(() => ({ status: 500 }));
      await using server = await startServer();
      await server.addHook(receiver.origin, { name: 'n'.repeat(128) });
      await server.send({ type: 'order.created', data: { text: 'x'.repeat(5_000) } });
      for (const width of [390, 1280, 1920]) {
        await using visitor = await visit(server.origin, { scheme, width });
        const { page } = visitor;
        await page.goto(`${server.origin}/deliveries`);
        await page.getByRole('row', { name: /order\.created/ }).click();
        await page.getByRole('tab', { name: 'Request' }).click();
        await page.getByText('xxxxx').first().waitFor();
        expect(await overflows(page)).toBe(false);
        expect(await seriousFindings(page)).toEqual([]);
      }
    },
  );
});
