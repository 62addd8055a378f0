import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useBellwire } from '../../../data/client.tsx';
import { Field } from '../../../design/field.tsx';
import { Ago } from '../../../design/time.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useArea } from '../../../shell/area.ts';
import { useWords } from '../../../words/words.ts';
import type { FieldProps } from './field-props.ts';
import type { HookDraft } from './hook-draft.ts';

const PAUSE_MS = 400;
const EVENTS = 10;

/** A value once it has not changed for a moment. */
const useSettled = <T,>(value: T): T => {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
};

/** The filter checked by the server, with its results for past events; undefined without one. */
const usePreview = ({ filter, events, tenant }: HookDraft) => {
  const bellwire = useBellwire();
  const { is_portal } = useArea();
  const owner = is_portal || tenant.trim() === '' ? {} : { tenant: tenant.trim() };
  const typed = JSON.stringify({ filter: filter.trim(), events, ...owner, limit: EVENTS });
  const settled = useSettled(typed);
  const wanted = JSON.parse(settled) as Parameters<typeof bellwire.hooks.tryFilter>[0];
  const { data } = useQuery({
    queryKey: ['hooks', 'try_filter', settled],
    queryFn: ({ signal }) => bellwire.hooks.tryFilter(wanted, { signal }),
    enabled: wanted.filter !== '' && wanted.events.length > 0,
    retry: false,
  });
  return typed === settled ? data : undefined;
};

/** The filter of a webhook, checked while it is typed and tried with past events. */
export const FilterInput = ({ draft, set, label, hint, error }: FieldProps) => {
  const words = useWords().hook_form.filter;
  const preview = usePreview(draft);
  const problem = preview?.issues[0]?.message ?? error;
  const warning = preview?.warnings[0]?.message;
  return (
    <div className="stack">
      <Field
        label={label}
        hint={warning ?? hint}
        error={problem === undefined ? undefined : visibleText(problem)}
      >
        {(ids) => (
          <textarea
            {...ids}
            className="input filter-text"
            rows={2}
            spellCheck={false}
            autoComplete="off"
            placeholder="order.total >= 100"
            value={draft.filter}
            onChange={(event) => set({ filter: event.currentTarget.value })}
          />
        )}
      </Field>
      {preview === undefined || preview.issues.length > 0 ? null : (
        <div role="status">
          {preview.events.length === 0
            ? words.no_events
            : words.matched(preview.matched, preview.events.length)}
        </div>
      )}
      {preview === undefined || preview.issues.length > 0 || preview.events.length === 0 ? null : (
        <details>
          <summary>{words.show}</summary>
          <ul>
            {preview.events.map(({ event_id, type, created_at, result }) => (
              <li key={event_id}>
                {words.results[result]}: {visibleText(type)} <code>{event_id}</code> <Ago at={created_at} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
};
