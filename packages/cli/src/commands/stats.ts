import type { Client, Stats } from '@bellwire/client';
import { apiVerb, type Flag, type Verb } from '../frame/verb.ts';
import { readTime } from '../input/read-text.ts';
import { paint, type Style } from '../print/style.ts';
import { printTable } from '../print/table.ts';
import { HOOK_ID, type HookId, SAMPLE_HOOK } from './hook-id.ts';

interface Range {
  readonly from?: string;
  readonly to?: string;
  readonly step?: string;
}

type Counts = Stats['total'];
type Row = Counts & { readonly start: string };

const RANGE: readonly Flag[] = [
  {
    flags: '--from <time>',
    read: readTime,
    about: 'start of the range: 2026-11-21T10:30:00Z, or an age like 7d (default: 24h)',
  },
  { flags: '--to <time>', read: readTime, about: 'end of the range (default: now)' },
  { flags: '--step <step>', about: 'length of a row: minutes, hours or days, like 5m, 1h or 1d' },
];

const percent = (rate: number | null): string | null =>
  // Rounded down, so that only a rate without failures is 100 %.
  rate === null ? null : `${(Math.floor(rate * 10_000) / 100).toFixed(2)} %`;

const wholeMs = (ms: number | null): string | null => (ms === null ? null : `${Math.round(ms)} ms`);

const BARS = '▁▂▃▄▅▆▇█';

/** One character per bucket: its attempts relative to the largest bucket. */
const printBars = (attempts: readonly number[]): string => {
  const most = Math.max(1, ...attempts);
  return attempts
    .map((count) => (count === 0 ? ' ' : (BARS[Math.ceil((count / most) * BARS.length) - 1] ?? '')))
    .join('');
};

const columns = [
  { title: 'START', of: ({ start }: Row) => start },
  { title: 'ATTEMPTS', of: ({ attempts }: Row) => attempts },
  { title: 'SUCCEEDED', of: ({ succeeded }: Row) => succeeded },
  { title: 'FAILED', of: ({ failed }: Row) => failed },
  { title: 'SERVER FAULTS', of: ({ server_faults }: Row) => server_faults },
  { title: 'RATE', of: ({ success_rate }: Row) => percent(success_rate) },
  { title: 'P50', of: ({ latency }: Row) => wholeMs(latency.p50_ms) },
  { title: 'P95', of: ({ latency }: Row) => wholeMs(latency.p95_ms) },
  { title: 'P99', of: ({ latency }: Row) => wholeMs(latency.p99_ms) },
] as const;

const printBacklog = ({ backlog }: Stats): string => {
  if (backlog.due === 0) return 'No delivery is due.';
  const at_least = backlog.is_exact ? '' : 'at least ';
  const age_s = Math.round((backlog.oldest_due_age_ms ?? 0) / 1000);
  return `Due deliveries: ${at_least}${backlog.due}, the oldest for ${at_least}${age_s} s.`;
};

/** Rows without attempts are left out, the bars show them as gaps. */
const printStats = (stats: Stats, style: Style): string => {
  const { buckets, total } = stats;
  const rows = buckets.filter(({ attempts }) => attempts > 0);
  const bars =
    buckets.length <= (style.width ?? 120) - 12 ? printBars(buckets.map((one) => one.attempts)) : '';
  return [
    printTable([...rows, { ...total, start: 'total' }], columns, style),
    ...(bars.trim() === '' ? [] : [`${paint('attempts', 'dim', style)}  ${bars}`]),
    printBacklog(stats),
  ].join('\n');
};

const MORE =
  'An attempt counts when it is recorded. Failures are those of the receiver; a server fault is a crash, a resolver that did not answer, or a refused address. Manual retries, tests, pings and validations are left out.';

interface StatsVerb<F> extends Pick<Verb, 'usage' | 'about' | 'examples' | 'arguments'> {
  readonly call: (client: Client, fields: F & Range) => Promise<Stats>;
}

const statsVerb = <F>({ call, ...verb }: StatsVerb<F>): Verb =>
  apiVerb<F & Range>({
    ...verb,
    more: MORE,
    flags: RANGE,
    run: async (client, fields, { out }) => out.print(await call(client, fields), printStats),
  });

/** `bellwire hooks stats` */
export const hookStats = statsVerb<HookId>({
  usage: 'stats <hook_id>',
  about: 'Show the attempts, success rate, latency and backlog of a hook.',
  arguments: HOOK_ID,
  examples: [`hooks stats ${SAMPLE_HOOK}`, `hooks stats ${SAMPLE_HOOK} --from 1h --step 5m`],
  call: ({ hooks }, { hook_id, ...range }) => hooks.stats(hook_id, range),
});

/** `bellwire tenants stats` */
export const tenantStats = statsVerb<{ readonly tenant: string }>({
  usage: 'stats <tenant>',
  about: 'Show the attempts, success rate, latency and backlog of a customer.',
  arguments: { tenant: 'your own id of the customer' },
  examples: ['tenants stats cus_42 --from 7d --step 1d'],
  call: ({ tenants }, { tenant, ...range }) => tenants.stats(tenant, range),
});

/** `bellwire stats` */
export const stats = statsVerb<{}>({
  usage: 'stats',
  about: 'Show the attempts, success rate, latency and backlog of the workspace.',
  examples: ['stats', 'stats --from 7d --step 1d', "stats --json | jq '.total.success_rate'"],
  call: (client, range) => client.stats.get(range),
});
