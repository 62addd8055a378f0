import type { Hook } from '@bellwire/client';
import { durationText } from '../../../design/durations.ts';
import { type Column, TwoLines } from '../../../design/grid.tsx';
import { Until } from '../../../design/time.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { errorText } from '../../deliveries/error-text.ts';
import { useWords, type Words } from '../../../words/words.ts';
import { HookMark } from '../hook-mark.tsx';
import { stateOfHook } from '../hook-state.ts';
import { DayBar } from './day-bar.tsx';
import { useDayStats } from './use-day-stats.ts';

const P95 = ({ hook_id }: { readonly hook_id: string }) => {
  const p95 = useDayStats(hook_id)?.total.latency.p95_ms ?? null;
  return p95 === null ? '–' : durationText(p95);
};

/** The last error in words while the hook fails, or why the server disabled it; null without a problem. */
const problemOf = (words: Words, hook: Hook): string | null => {
  const { disabled_reason, last_failure } = hook;
  const state = stateOfHook(hook);
  if (state === 'disabled' && disabled_reason !== null) return words.webhooks.reasons[disabled_reason];
  const error = state === 'failing' ? (last_failure?.error ?? null) : null;
  return error === null ? null : errorText(words, error);
};

/** Without the words that every such error begins with: the number would be cut off. */
const shortened = (words: Words, hook: Hook): string | null => {
  const status = hook.last_failure?.status ?? null;
  return stateOfHook(hook) === 'failing' && status !== null
    ? `${words.outcomes.http_status} ${status}`
    : null;
};

const Problem = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords();
  const problem = problemOf(words, hook);
  if (problem === null) return null;
  return (
    <span title={`${words.webhooks.failures(hook.consecutive_failures)}: ${problem}`}>
      {visibleText(shortened(words, hook) ?? problem)}
    </span>
  );
};

const tenantText = (words: Words, { tenant }: Hook): string =>
  tenant === null ? '' : tenant === '*' ? words.webhooks.every_tenant : tenant;

/** The columns of the list of webhooks. */
export const hookColumns = (words: Words, hasTenants: boolean): readonly Column<Hook>[] => {
  const { columns } = words.webhooks;
  return [
    { key: 'state', title: columns.state, width: '6.75rem', cell: (hook) => <HookMark hook={hook} /> },
    {
      key: 'name',
      title: columns.name,
      width: 'minmax(7rem, 3fr)',
      cell: (hook) => <span title={visibleText(hook.name)}>{visibleText(hook.name)}</span>,
    },
    {
      key: 'url',
      title: columns.url,
      width: 'minmax(7rem, 4fr)',
      cell: (hook) => (
        <span className="quiet" title={visibleText(hook.url)}>
          {visibleText(hook.url)}
        </span>
      ),
    },
    { key: 'day', title: columns.day, width: '10.5rem', cell: ({ id }) => <DayBar hook_id={id} /> },
    {
      key: 'p95',
      title: columns.p95,
      width: '4rem',
      is_number: true,
      cell: ({ id }) => <P95 hook_id={id} />,
    },
    {
      key: 'problem',
      title: columns.problem,
      width: 'minmax(7rem, 5fr)',
      cell: (hook) => <Problem hook={hook} />,
    },
    {
      key: 'retry',
      title: columns.retry,
      width: '6rem',
      is_number: true,
      cell: (hook) =>
        hook.next_attempt_at === null || stateOfHook(hook) !== 'failing' ? null : (
          <Until at={hook.next_attempt_at} />
        ),
    },
    ...(hasTenants
      ? [
          {
            key: 'tenant',
            title: columns.tenant,
            width: 'minmax(4rem, 1.5fr)',
            cell: (hook: Hook) => <span title={hook.tenant ?? undefined}>{tenantText(words, hook)}</span>,
          },
        ]
      : []),
  ];
};

/** A webhook as a row of a narrow page. */
export const narrowHookRow = (words: Words) => (hook: Hook) => (
  <TwoLines
    title={visibleText(hook.name)}
    state={<HookMark hook={hook} />}
    detail={problemOf(words, hook) ?? visibleText(hook.url)}
    time={<DayBar hook_id={hook.id} />}
  />
);
