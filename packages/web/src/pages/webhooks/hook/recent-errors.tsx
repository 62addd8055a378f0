import type { Hook } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { errorText } from '../../deliveries/error-text.ts';
import { useWords } from '../../../words/words.ts';
import { type ErrorGroup, errorGroups } from './error-groups.ts';
import { RecoverButton } from './recoveries.tsx';

const READ = 100;

/** The newest deliveries of a hook that failed, and those that are retried. */
const useFailed = (hook_id: string) => {
  const bellwire = useBellwire();
  return useQuery({
    queryKey: ['hooks', hook_id, 'failed'],
    queryFn: async ({ signal }) => {
      const [failed, pending] = await Promise.all(
        (['failed', 'pending'] as const).map((status) =>
          bellwire.deliveries.list({ hook_id, status, limit: READ }, { signal }),
        ),
      );
      return [...(failed?.data ?? []), ...(pending?.data ?? [])];
    },
  });
};

/** Why deliveries failed lately, by reason. Each reason leads to its deliveries. */
export const RecentErrors = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.errors;
  const { data, error } = useFailed(hook.id);
  const groups = useMemo(() => errorGroups(data ?? []), [data]);
  return (
    <section aria-label={words.title}>
      <div className="section-head">
        <h2>{words.title}</h2>
        <RecoverButton hook={hook} />
      </div>
      <Failure error={error} />
      {groups.length > 0 || data === undefined ? null : <p className="quiet">{words.none}</p>}
      <ul className="rows rows-errors">
        {groups.map((group) => (
          <Group key={`${group.outcome} ${group.status}`} hook={hook} group={group} />
        ))}
      </ul>
      {groups.length === 0 || data === undefined ? null : <p className="quiet">{words.among(data.length)}</p>}
    </section>
  );
};

const Group = ({ hook, group }: { readonly hook: Hook; readonly group: ErrorGroup }) => {
  const words = useWords();
  const name =
    group.status === null
      ? (words.outcomes[group.outcome as keyof typeof words.outcomes] ?? group.outcome)
      : words.hook.errors.status(group.status);
  return (
    <li>
      <span className="number strong">{group.count}</span>
      <span className="cut" title={group.error === null ? undefined : visibleText(group.error)}>
        {visibleText(errorText(words, group.error ?? ''))}
      </span>
      <Link href={`/deliveries?${new URLSearchParams({ hook_id: hook.id, outcome: group.outcome })}`}>
        {name}
      </Link>
    </li>
  );
};
