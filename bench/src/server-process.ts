import { enableCompileCache, flushCompileCache } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { keepYoungGenerationSmall, letHeapsGrow } from '@bellwire/server/heap';

// As `bellwire serve` starts.
const compiled = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
enableCompileCache(compiled);
process.env['NODE_COMPILE_CACHE'] ??= compiled;
keepYoungGenerationSmall();
const { createBellwire, listen, readConfig } = await import('@bellwire/server');

/** The time for which the event loop of the server's main thread was blocked since the last request. */
export interface LoopDelay {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** The CPU time since the start, and the memory now. */
export interface ProcessUse {
  readonly cpu_us: NodeJS.CpuUsage;
  readonly rss_mb: number;
}

const RESOLUTION_MS = 1;

/**
 * A server in a separate process, on the database of a URL that the parent specifies. It reports its CPU time and event loop delay
 * on request.
 */
const [, , database = '', api_key = '', retention] = process.argv;

const config = readConfig({
  port: '0',
  database_url: database,
  api_key,
  allow_networks: '127.0.0.0/8',
  retention,
  log_level: 'error',
});
const bellwire = await createBellwire(config);
const listening = await listen(bellwire.fetch, config);
await bellwire.start();
letHeapsGrow();
flushCompileCache();

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

/** The histogram contains the time between two ticks of a timer, including the interval of the timer. */
const delay = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);

/** The first call starts the histogram, whose timer would be most of the work of an idle server. */
const readLoop = (): LoopDelay => {
  loop.enable();
  const read = {
    p50_ms: delay(loop.percentile(50)),
    p99_ms: delay(loop.percentile(99)),
    max_ms: delay(loop.max),
  };
  loop.reset();
  return read;
};

process.on('message', (message) => {
  if (message === 'cpu') {
    process.send?.({ cpu_us: process.cpuUsage(), rss_mb: process.memoryUsage.rss() / 2 ** 20 });
  }
  if (message === 'loop') process.send?.(readLoop());
});
process.on('disconnect', () => {
  void listening
    .close()
    .then(() => bellwire.stop())
    .then(() => process.exit(0));
});
process.send?.({ port: listening.port });
