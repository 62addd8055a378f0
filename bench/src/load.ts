import { openRawClient, type RawClient } from './raw-client.ts';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of request number `n`, in ASCII, created when it is sent. */
  readonly body: (n: number) => string;
  readonly expected_status: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly seconds: number;
  /** From the start of a request to its response; in an open loop, from the time at which it was due. */
  readonly latencies_ms: readonly number[];
  readonly other_statuses: number;
}

interface Run {
  readonly load: Load;
  readonly head: string;
  readonly latencies_ms: number[];
  other_statuses: number;
}

const startRun = (load: Load): Run => {
  const headers = Object.entries({ host: `127.0.0.1:${load.port}`, ...load.headers });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return { load, head: `POST ${load.path} HTTP/1.1\r\n${lines}`, latencies_ms: [], other_statuses: 0 };
};

const sendOne = async (
  client: RawClient,
  run: Run,
  { n, started }: { readonly n: number; readonly started: number },
): Promise<void> => {
  const body = run.load.body(n);
  const status = await client.send(`${run.head}content-length: ${body.length}\r\n\r\n${body}`);
  run.latencies_ms.push(performance.now() - started);
  if (status !== run.load.expected_status) run.other_statuses += 1;
};

const openClients = (load: Load, connections: number): Promise<RawClient[]> =>
  Promise.all(Array.from({ length: connections }, () => openRawClient(load.port)));

const finish = (run: Run, started: number, clients: readonly RawClient[]): LoadResult => {
  for (const client of clients) client.close();
  return {
    sent: run.latencies_ms.length,
    seconds: (performance.now() - started) / 1000,
    latencies_ms: run.latencies_ms,
    other_statuses: run.other_statuses,
  };
};

/** Sends `count` requests over `connections`, each of which sends the next request after the response to the last. */
export const closedLoop = async (load: Load, count: number, connections: number): Promise<LoadResult> => {
  const run = startRun(load);
  const clients = await openClients(load, connections);
  let next = 0;
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (next < count) await sendOne(client, run, { n: next++, started: performance.now() });
    }),
  );
  return finish(run, started, clients);
};

/** A load that runs until it is stopped or has sent all requests. */
export interface OpenLoop {
  /** Stops sending and awaits the last response. @throws Error if a request got no response. */
  readonly stop: () => Promise<LoadResult>;
  readonly ended: Promise<LoadResult>;
}

const CONNECTIONS_MAX = 128;

/**
 * Sends `rate` requests per second over as many connections, at most 128. Latencies include the wait for a free connection.
 */
export const startOpenLoop = async (
  load: Load,
  rate: number,
  total: number = Number.POSITIVE_INFINITY,
): Promise<OpenLoop> => {
  const run = startRun(load);
  const clients = await openClients(load, Math.min(CONNECTIONS_MAX, Math.ceil(rate)));
  const free = [...clients];
  const started = performance.now();
  const sending: Promise<void>[] = [];
  let sent = 0;
  let is_stopped = false;
  let failed: unknown = null;
  const use = async (client: RawClient, n: number): Promise<void> => {
    try {
      await sendOne(client, run, { n, started: started + (n / rate) * 1000 });
      free.push(client);
    } catch (error) {
      failed ??= error;
      is_stopped = true;
    }
  };
  const all_sent = new Promise<void>((resolve) => {
    const tick = (): void => {
      // The first is due at once: a request that is sent a whole interval late would count the interval as its latency.
      const due = Math.min(Math.floor(((performance.now() - started) / 1000) * rate) + 1, total);
      while (sent < due) {
        // In rotation, each about once a second: the server closes connections that are idle for five seconds.
        const client = free.shift();
        if (client === undefined) break;
        sending.push(use(client, sent++));
      }
      if (sent < total && !is_stopped) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
  const end = async (): Promise<LoadResult> => {
    await all_sent;
    await Promise.all(sending);
    if (failed !== null) throw new Error('a request of the load failed', { cause: failed });
    return finish(run, started, clients);
  };
  const ended = end();
  return {
    ended,
    stop: () => {
      is_stopped = true;
      return ended;
    },
  };
};

/** Runs an open loop for `seconds`. */
export const openLoop = async (load: Load, rate: number, seconds: number): Promise<LoadResult> =>
  (await startOpenLoop(load, rate, Math.round(rate * seconds))).ended;
