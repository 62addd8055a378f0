import { readdirSync, readFileSync } from 'node:fs';
import { type PostgresServer, postgres, startPostgres } from '../../../test/support/postgres-server.ts';
import { type Child, startChild } from '../child.ts';
import { API_KEY, createHooks, eventsFor, type Hello } from '../event-load.ts';
import { closedLoop, type Load, type LoadResult } from '../load.ts';
import { measure, NODE_ARGS, useOf, warmUp, withWarmPair } from '../pair.ts';
import type { Row, Scenario } from '../scenario.ts';
import type { ProcessUse } from '../server-process.ts';

const SENDERS = 64;
const NODES = [1, 2, 3] as const;
/** Microseconds of CPU time per tick of the kernel. */
const TICK_US = 10_000;

/** The fields of /proc/PID/stat after the name of the program, which can contain spaces. */
const statOf = (pid: string): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    // It has ended.
    return [];
  }
};

const sum = (values: readonly (string | undefined)[]): number =>
  values.reduce((all, value) => all + Number(value ?? 0), 0);

/** The CPU time of PostgreSQL: of the server, of its processes, and of those that have ended. */
const cpuOf = (server: PostgresServer): number => {
  const pid = String(server.pid());
  const own = sum(statOf(pid).slice(11, 15));
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter(([, parent]) => parent === pid);
  return (own + sum(children.flatMap((stat) => stat.slice(11, 13)))) * TICK_US;
};

/** The nodes and their database as one child, whose CPU time is that of all of them. */
const together = (nodes: readonly Child<Hello>[], server: PostgresServer): Child<Hello> | null => {
  const [first] = nodes;
  if (first === undefined) return null;
  const cpu = async (): Promise<ProcessUse> => {
    const uses = await Promise.all(nodes.map(useOf));
    return {
      cpu_us: {
        user: uses.reduce((all, { cpu_us }) => all + cpu_us.user, cpuOf(server)),
        system: uses.reduce((all, { cpu_us }) => all + cpu_us.system, 0),
      },
      rss_mb: uses.reduce((all, { rss_mb }) => all + rss_mb, 0),
    };
  };
  return { ...first, ask: async <T>() => (await cpu()) as T };
};

/** Sends to every node at the same time, an equal part of the events each. */
const sendToAll = async (loads: readonly Load[], events: number): Promise<LoadResult> => {
  const share = (whole: number): number => Math.ceil(whole / loads.length);
  const results = await Promise.all(loads.map((load) => closedLoop(load, share(events), share(SENDERS))));
  return {
    sent: results.reduce((all, { sent }) => all + sent, 0),
    seconds: Math.max(...results.map(({ seconds }) => seconds)),
    latencies_ms: results.flatMap(({ latencies_ms }) => [...latencies_ms]),
    other_statuses: results.reduce((all, { other_statuses }) => all + other_statuses, 0),
  };
};

const nodesRow = async (
  folder: string,
  server: PostgresServer,
  { count, events }: { readonly count: number; readonly events: number },
): Promise<Row[]> => {
  await using stack = new AsyncDisposableStack();
  const { url } = stack.use(await server.createDatabase());
  const receiver = stack.use(await startChild<Hello>('./receiver-process.ts'));
  const nodes: Child<Hello>[] = [];
  // One after the other: the first creates the tables and the encryption keys.
  for (let n = 0; n < count; n += 1) {
    const options = { node_args: NODE_ARGS, cwd: folder };
    nodes.push(stack.use(await startChild<Hello>('./server-process.ts', [url, API_KEY], options)));
  }
  const all = together(nodes, server);
  if (all === null) return [];
  await createHooks(all, receiver);
  const loads = nodes.map(eventsFor);
  await warmUp(receiver, () => sendToAll(loads, 2 * events));
  const label = `PostgreSQL, ${count} ${count === 1 ? 'node' : 'nodes'}`;
  return [await measure({ server: all, receiver }, { label, send: () => sendToAll(loads, events) })];
};

const withRatio = (row: Row, sqlite: Row): Row => ({
  ...row,
  values: {
    ...row.values,
    'CPU ratio to SQLite': (row.values['CPU µs/event'] ?? 0) / (sqlite.values['CPU µs/event'] ?? 1),
  },
});

export const nodes: Scenario = {
  id: 'nodes',
  about:
    'The peak on PostgreSQL with 1, 2 and 3 nodes on this machine, beside SQLite. CPU time and memory include all nodes; the CPU time also includes PostgreSQL, which syncs every commit.',
  run: async ({ folder, events, say }) => {
    if ('missing' in postgres || process.platform !== 'linux') {
      say(`  skipped: ${'missing' in postgres ? postgres.missing : 'it reads CPU times from /proc'}`);
      return [];
    }
    const sqlite = await withWarmPair(folder, 2 * events, (pair, load) =>
      measure(pair, { label: 'SQLite', send: () => closedLoop(load, events, SENDERS) }),
    );
    await using server = await startPostgres({ fsync: true });
    const rows = [sqlite];
    for (const count of NODES)
      for (const row of await nodesRow(folder, server, { count, events })) rows.push(withRatio(row, sqlite));
    return rows;
  },
};
