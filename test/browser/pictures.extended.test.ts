import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasBrowser, overflows, settled, useBrowser } from '../support/browser.ts';
import { startConsoleStory } from '../support/console-story.ts';
import { compressPng } from '../support/png.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

/** Those of the documentation, of which a page loads several. */
const MAX_BYTES = 150 * 1024;

/** `PICTURES=1` replaces the pictures of the documentation. */
const isKept = process.env['PICTURES'] === '1';
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** The looks that the documentation shows; the others are for comparison only. */
const DOCUMENTED: ReadonlySet<string> = new Set([
  'deliveries-light-wide',
  'deliveries-dark-wide',
  'deliveries-light-narrow',
  'webhooks-light-wide',
  'webhook-light-wide',
  'health-light-wide',
  'debug-light-wide',
]);

describe.skipIf(!hasBrowser)('pictures of the console', () => {
  const visit = useBrowser();

  it('of a shop whose book-keeping is down', async () => {
    await using temporary = await createTemporaryFolder();
    await using story = await startConsoleStory();
    const { server, failing, refused_id } = story;
    if (isKept) await mkdir(IMAGES, { recursive: true });
    const pages = {
      deliveries: `/deliveries/${failing.delivery_id}`,
      webhooks: '/webhooks',
      webhook: `/webhooks/${failing.hook_id}`,
      health: '/health',
      debug: `/debug?delivery=${refused_id}`,
    };
    for (const scheme of ['light', 'dark'] as const)
      for (const [kind, width, height] of [
        ['wide', 1280, 720],
        ['narrow', 390, 844],
      ] as const) {
        await using visitor = await visit(server.origin, { scheme, width, height });
        const { page, problems } = visitor;
        for (const [name, path] of Object.entries(pages)) {
          await page.goto(server.origin + path);
          await page.getByRole('heading').first().waitFor();
          await settled(page);
          if (name === 'health' || name === 'webhook') {
            await page.locator('canvas').first().waitFor();
            await settled(page);
          }
          if (name === 'debug') {
            // As a framework writes it that parses the body and serializes it again.
            const body = page.getByLabel('Body', { exact: true });
            await body.fill((await body.inputValue()).replaceAll('":', '": '));
            await page.getByRole('button', { name: 'Check the signature' }).click();
            await settled(page);
          }
          const look = `${name}-${scheme}-${kind}`;
          const file =
            isKept && DOCUMENTED.has(look) ? `${IMAGES}${look}.png` : temporary.file(`${look}.png`);
          const picture = compressPng(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
          await writeFile(file, picture);
          const size = picture.length;
          expect(size, look).toBeGreaterThan(10_000);
          expect(size, look).toBeLessThan(MAX_BYTES);
          expect(await overflows(page), look).toBe(false);
        }
        expect(problems).toEqual([]);
      }
  }, 120_000);
});
