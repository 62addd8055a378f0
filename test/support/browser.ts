import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { ADMIN_KEY } from './running-server.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine; undefined without one. */
const executable = CANDIDATES.find((path) => existsSync(path));

/** Without a browser, the tests that need one are skipped, and say so. */
export const hasBrowser = executable !== undefined;
if (!hasBrowser) {
  process.stderr.write('Chromium is not installed: the tests of the console in a browser are skipped.\n');
}

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-dev-shm-usage',
];

const BUILD = fileURLToPath(new URL('../../packages/web/scripts/build.ts', import.meta.url));
const axe_source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Reported to the page's console, which the context collects. */
const REPORT_VIOLATIONS = `addEventListener('securitypolicyviolation', (event) =>
  console.error('CSP', event.violatedDirective, event.blockedURI, event.sample))`;

interface BrowserOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** False: a person who is not signed in. */
  readonly signed_in?: boolean;
}

/** A person's browser, with everything that went wrong in its pages. */
export interface Visitor extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors, warnings, violations of the policy, and requests to other hosts. */
  readonly problems: readonly string[];
}

const watch = (context: BrowserContext, origin: string): readonly string[] => {
  const problems: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  context.on('weberror', (error) => problems.push(error.error().message));
  context.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) problems.push(request.url());
  });
  return problems;
};

/** Builds the console, starts one browser for the tests of a file, and stops it after them. */
export const useBrowser = () => {
  let browser: Browser;
  beforeAll(async () => {
    execFileSync(process.execPath, [BUILD]);
    browser = await chromium.launch({ executablePath: executable!, args: ARGUMENTS });
  }, 60_000);
  afterAll(() => browser.close());
  return async (origin: string, options: BrowserOptions = {}): Promise<Visitor> => {
    const { width = 1280, height = 800, scheme = 'light', signed_in = true } = options;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: scheme,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(15_000);
    await context.addInitScript(REPORT_VIOLATIONS);
    const problems = watch(context, origin);
    if (signed_in) {
      const data = { api_key: ADMIN_KEY };
      await context.request.post(`${origin}/session`, { data, headers: { origin } });
    }
    const page = await context.newPage();
    return { context, page, problems, [Symbol.asyncDispose]: () => context.close() };
  };
};

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** The serious findings of axe on a page, in a line each. */
export const seriousFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe_source);
  const findings = await page.evaluate<readonly Finding[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
  return findings
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
};

/** Whether a page can be scrolled sideways, which none should be. */
export const overflows = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > innerWidth');

/** Resolves when a page has loaded nothing for a while. The stream, which never ends, does not count. */
export const settled = (page: Page): Promise<void> =>
  page.evaluate(`new Promise((resolve) => {
    let timer;
    const restart = () => { clearTimeout(timer); timer = setTimeout(resolve, 200); };
    new PerformanceObserver(restart).observe({ entryTypes: ['resource'] });
    restart();
  })`);
