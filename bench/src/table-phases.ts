import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { urlOf } from './event-load.ts';
import { type PhaseWork, type TableBench, callBig, timed, until } from './table-bench.ts';
import { BIG_WORKSPACE, FAN_OUT_TYPE, GONE_TYPE, RARE_TYPE, typeOf } from './table-rows.ts';

export interface TablePhase {
  readonly number: number;
  readonly title: string;
  readonly work: (bench: TableBench) => Promise<PhaseWork>;
}

interface Receipt {
  readonly id: string;
  readonly deliveries: number;
}

const PADDING = 'x'.repeat(380);

const sendBig = (bench: TableBench, type: string): Promise<Receipt> =>
  callBig<Receipt>(bench, ['POST', '/v1/events'], { type, data: { padding: PADDING } });

const countOf = ({ raw }: TableBench, from: string, ...values: readonly unknown[]): number =>
  raw
    .prepare<unknown[], number>(`select count(*) from ${from}`)
    .pluck()
    .get(...values) ?? 0;

/** Whether all deliveries of a stopped hook have been held or canceled. */
const isStopped = ({ raw }: TableBench, hook_id: string): boolean =>
  raw
    .prepare<[string], number>(
      `select status <> 'active' and stopping is null or deleted_at is not null and stopping is null
       from bellwire_hooks where id = ?`,
    )
    .pluck()
    .get(hook_id) === 1;

const took = (what: string, ms: number): string => `${what} ${ms.toFixed(0)} ms`;

const steady = async ({ phase_ms }: TableBench): Promise<PhaseWork> => {
  await wait(phase_ms);
  return { rows: 0, notes: [] };
};

/** Backdates the oldest event, so that retention reaches the events behind it. */
const retention = async ({ raw, tables }: TableBench): Promise<PhaseWork> => {
  const { oldest_event, first_kept_event, old_rows } = tables;
  raw
    .prepare('update bellwire_events set created_at = 0 where workspace_id = ? and id = ?')
    .run(BIG_WORKSPACE, oldest_event);
  const oldest = raw
    .prepare<[string], string>('select id from bellwire_events where workspace_id = ? order by id limit 1')
    .pluck();
  await until('retention', () => (oldest.get(BIG_WORKSPACE) ?? '') >= first_kept_event);
  return { rows: old_rows, notes: ['rows are events, deliveries and attempts'] };
};

/** The receiver responds to one event with 410: the hook is disabled, and its waiting deliveries are held. */
const disabling = async (bench: TableBench): Promise<PhaseWork> => {
  const { gone_hook } = bench.tables;
  const { ms } = await timed(() => sendBig(bench, GONE_TYPE));
  await until('disabling', () => isStopped(bench, gone_hook));
  const rows = countOf(bench, `bellwire_deliveries where status = 'held' and hook_id = ?`, gone_hook);
  return { rows, notes: [took('accept of the event', ms)] };
};

const receivedAtTable = async ({ receiver }: TableBench): Promise<number> => {
  const { body } = await request(`${urlOf(receiver)}/counts`);
  const { received_at } = (await body.json()) as { readonly received_at: Readonly<Record<string, number>> };
  return received_at['table'] ?? 0;
};

const fanOut = async (bench: TableBench): Promise<PhaseWork> => {
  const before = await receivedAtTable(bench);
  const active = countOf(
    bench,
    `bellwire_hooks where workspace_id = ? and status = 'active' and url like '%/table/%'`,
    BIG_WORKSPACE,
  );
  const { result, ms } = await timed(() => sendBig(bench, FAN_OUT_TYPE));
  await until('fan-out', async () => (await receivedAtTable(bench)) >= before + active);
  const ofEvent = (condition: string): number =>
    countOf(bench, `bellwire_deliveries where event_id = ? and ${condition}`, result.id);
  await until('fan-out', () => ofEvent(`status in ('pending', 'sending')`) === 0);
  const rows = ofEvent('true');
  const notes = [took('accept of the event', ms), `its receipt has ${result.deliveries} deliveries`];
  return { rows, notes };
};

/** The paused hook has pending deliveries. The deleted hook has held ones if it was disabled before. */
const pausing = async (bench: TableBench): Promise<PhaseWork> => {
  const { paused_hook } = bench.tables;
  const { ms } = await timed(() => callBig(bench, ['POST', `/v1/webhooks/${paused_hook}/deactivate`]));
  await until('pausing', () => isStopped(bench, paused_hook));
  const rows = countOf(bench, `bellwire_deliveries where status = 'held' and hook_id = ?`, paused_hook);
  return { rows, notes: [took('the call', ms)] };
};

const deleting = async (bench: TableBench): Promise<PhaseWork> => {
  const { gone_hook } = bench.tables;
  // One status at a time, so that its partial index applies.
  const countOpen = (): number =>
    countOf(bench, `bellwire_deliveries where status = 'pending' and hook_id = ?`, gone_hook) +
    countOf(bench, `bellwire_deliveries where status = 'held' and hook_id = ?`, gone_hook);
  const rows = countOpen();
  const { ms } = await timed(() => callBig(bench, ['DELETE', `/v1/webhooks/${gone_hook}`]));
  await until('deleting', () => isStopped(bench, gone_hook));
  return { rows: rows - countOpen(), notes: [took('the call', ms)] };
};

/** The time `days` ago, encoded for a query. */
const ago = (days: number): string =>
  encodeURIComponent(new Date(Date.now() - days * 86_400_000).toISOString());

/** Twenty filtered lists: with and without an index, and with few or no matches. */
const listPaths = ({ tables }: TableBench): readonly string[] => {
  const { usual_hook, first_kept_event } = tables;
  const filters = [
    ...['pending', 'sending', 'succeeded', 'failed', 'held', 'canceled'].map((status) => `status=${status}`),
    `hook_id=${usual_hook}`,
    `hook_id=${usual_hook}&status=pending`,
    `hook_id=${usual_hook}&status=failed`,
    `event_type=${RARE_TYPE}`,
    `event_type=${typeOf(7)}&status=pending`,
    `status=succeeded&event_type=${RARE_TYPE}`,
    `since=${ago(29)}`,
    `since=${ago(1 / 24)}&status=failed`,
    `since=${ago(20)}&status=canceled`,
    `event_id=${first_kept_event}`,
  ];
  return [
    ...filters.map((filter) => `/v1/deliveries?${filter}`),
    `/v1/webhooks/${usual_hook}/deliveries`,
    `/v1/events?type=${RARE_TYPE}`,
    '/v1/events?limit=1000',
    '/v1/webhooks?limit=1000',
  ];
};

const SLOWEST = 5;

/** Runs calls sequentially and notes the slowest. */
const calls = async (
  bench: TableBench,
  wanted: readonly (readonly ['GET' | 'POST', string, object?])[],
): Promise<PhaseWork> => {
  const times: { readonly path: string; readonly ms: number }[] = [];
  for (const [method, path, body] of wanted) {
    const { ms } = await timed(() => callBig(bench, [method, path], body));
    times.push({ path, ms });
  }
  const slowest = times.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST);
  return { rows: times.length, notes: slowest.map(({ path, ms }) => took(path, ms)) };
};

const lists = (bench: TableBench): Promise<PhaseWork> =>
  calls(
    bench,
    listPaths(bench).map((path) => ['GET', path]),
  );

const counts = (bench: TableBench): Promise<PhaseWork> =>
  calls(bench, [
    ['GET', '/metrics'],
    ['GET', '/metrics'],
    ['GET', '/metrics'],
    ['POST', '/v1/deliveries/retry', { dry_run: true }],
  ]);

export const tablePhases: readonly TablePhase[] = [
  { number: 1, title: 'steady', work: steady },
  { number: 2, title: 'retention', work: retention },
  { number: 3, title: 'disabling a hook by 410', work: disabling },
  { number: 4, title: 'fan-out', work: fanOut },
  { number: 5, title: 'pausing a hook', work: pausing },
  { number: 5, title: 'deleting a hook', work: deleting },
  { number: 6, title: 'filtered lists', work: lists },
  { number: 7, title: 'metrics and counts', work: counts },
];
