import { Client } from 'undici';

export interface Load {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of request number `n`, made as it is sent. */
  readonly body: (n: number) => string;
  readonly path: string;
  readonly expected_status: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly seconds: number;
  /** From a request's start to its answer. */
  readonly latencies_ms: readonly number[];
  readonly other_statuses: number;
}

interface Tally {
  readonly latencies_ms: number[];
  other_statuses: number;
}

const sendOne = async (
  client: Client,
  load: Load,
  { n, tally }: { n: number; tally: Tally },
): Promise<void> => {
  const started = performance.now();
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: load.path,
    headers: load.headers,
    body: load.body(n),
  });
  await body.dump();
  tally.latencies_ms.push(performance.now() - started);
  if (statusCode !== load.expected_status) tally.other_statuses += 1;
};

/** As fast as `connections` allow, each sending its next request when the last is answered, until `count` are sent. */
export const closedLoop = async (load: Load, count: number, connections: number): Promise<LoadResult> => {
  const tally: Tally = { latencies_ms: [], other_statuses: 0 };
  const clients = Array.from({ length: connections }, () => new Client(load.url));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (next < count) await sendOne(client, load, { n: next++, tally });
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return { sent: count, seconds, ...tally };
};

/** `rate` requests a second whatever the answers do, for `seconds`. */
export const openLoop = async (load: Load, rate: number, seconds: number): Promise<LoadResult> => {
  const tally: Tally = { latencies_ms: [], other_statuses: 0 };
  const clients = Array.from({ length: 64 }, () => new Client(load.url));
  const pending: Promise<void>[] = [];
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const tick = (): void => {
      const elapsed = performance.now() - started;
      const due = Math.min(Math.floor((elapsed / 1000) * rate), rate * seconds);
      while (pending.length < due) {
        const n = pending.length;
        const client = clients[n % clients.length];
        if (client !== undefined) pending.push(sendOne(client, load, { n, tally }));
      }
      if (elapsed < seconds * 1000) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
  await Promise.all(pending);
  const took = (performance.now() - started) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return { sent: pending.length, seconds: took, ...tally };
};
