import type { Hook } from '@bellwire/client';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { Failure } from '../../../data/errors.tsx';
import { Mark } from '../../../design/mark.tsx';
import { Ago } from '../../../design/time.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';
import { stateOf, toneOf } from '../../deliveries/state.ts';
import { useDeliveries } from '../../deliveries/use-deliveries.ts';

const SHOWN = 8;

/** The newest deliveries of a hook, kept up to date. */
export const LatestDeliveries = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords();
  const query = useMemo(() => ({ hook_id: hook.id }), [hook.id]);
  const list = useDeliveries(query);
  return (
    <section aria-label={words.hook.latest.title}>
      <div className="section-head">
        <h2>{words.hook.latest.title}</h2>
        <Link href={`/deliveries?hook_id=${hook.id}`}>{words.hook.latest.all}</Link>
      </div>
      <Failure error={list.error} onRetry={list.reload} />
      {list.rows.length === 0 && !list.is_loading ? <p className="quiet">{words.hook.latest.none}</p> : null}
      <ul className="rows rows-latest">
        {list.rows.slice(0, SHOWN).map((row) => (
          <li key={row.id}>
            <Mark tone={toneOf(stateOf(row))} word={words.status[stateOf(row)]} />
            <Link className="cut" href={`/deliveries/${row.id}?hook_id=${hook.id}`}>
              {visibleText(row.event_type)}
            </Link>
            <span className="number">{row.last_status ?? '–'}</span>
            <span className="number quiet">
              <Ago at={row.created_at} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};
