import type { Hook } from '@bellwire/client';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useFilters } from '../../../data/address.ts';
import { useBellwire } from '../../../data/client.tsx';
import { Failure, issueAt, messageOf } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Field } from '../../../design/field.tsx';
import { useWords } from '../../../words/words.ts';
import { useEventTypes } from '../../deliveries/event-types.ts';
import { covers } from '../form/event-groups.ts';
import { useForm } from '../form/form-of.ts';
import { parseData } from './parse-data.ts';
import { SentResult } from './sent-result.tsx';

/** The types that a hook gets first, then the others of the catalog. */
const typesFor = ({ events }: Hook, catalog: readonly string[]): readonly string[] => {
  const exact = events.filter((entry) => !entry.includes('*'));
  const isSubscribed = (name: string): boolean => events.some((entry) => covers(entry, name));
  return [
    ...new Set([...exact, ...catalog.filter(isSubscribed), ...catalog.filter((name) => !isSubscribed(name))]),
  ].filter((name) => name !== 'ping');
};

/** The example of a type as text; undefined while it is read. A type that the catalog lacks has no example. */
const useSample = (type: string, is_known: boolean): string | undefined => {
  const bellwire = useBellwire();
  const { data, isError } = useQuery({
    queryKey: ['event_types', 'sample', type],
    queryFn: async ({ signal }) =>
      JSON.stringify((await bellwire.eventTypes.sample(type, { signal })).data, null, 2),
    enabled: is_known,
  });
  return isError || !is_known ? '{}' : data;
};

/** Sends a test event with data that can be edited. */
export const TestEvent = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.test;
  const [filters, change] = useFilters();
  const catalog = useEventTypes();
  const types = typesFor(hook, catalog);
  const type = filters['type'] ?? types[0] ?? 'test';
  const sample = useSample(type, catalog.includes(type));
  return (
    <section className="stack" aria-label={words.title}>
      <h2>{words.title}</h2>
      <Field label={words.type} hint={words.type_hint}>
        {(ids) => (
          <select
            {...ids}
            className="input"
            value={type}
            onChange={(event) => change({ type: event.currentTarget.value })}
          >
            {types.includes(type) ? null : <option value={type}>{type}</option>}
            {types.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Editor key={type} hook={hook} type={type} sample={sample} />
    </section>
  );
};

interface EditorProps {
  readonly hook: Hook;
  readonly type: string;
  readonly sample: string | undefined;
}

const Editor = ({ hook, type, sample }: EditorProps) => {
  const words = useWords().hook.test;
  const bellwire = useBellwire();
  const form = useForm(hook.dialect);
  /** Null while the example is unchanged. */
  const [edited, setEdited] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | undefined>();
  const text = edited ?? sample ?? '';
  const send = useMutation({
    mutationFn: (data: Record<string, unknown>) =>
      bellwire.hooks.test(hook.id, { event_type: type, data: data as never }),
  });
  const submit = (): void => {
    const parsed = parseData(text);
    if (parsed.ok) {
      setProblem(undefined);
      send.mutate(parsed.data);
    } else setProblem(parsed.problem === 'not_json' ? words.invalid(parsed.message) : words.not_object);
  };
  const refused = issueAt(send.error, 'data') === undefined ? undefined : messageOf(send.error);
  return (
    <>
      <Field label={words.data} hint={words.data_hint} error={problem ?? refused}>
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            rows={Math.min(20, Math.max(6, text.split('\n').length + 1))}
            spellCheck={false}
            value={text}
            onChange={(event) => setEdited(event.currentTarget.value)}
          />
        )}
      </Field>
      <div className="inline">
        <Button
          kind="primary"
          disabled={sample === undefined}
          onClick={submit}
          busy={send.isPending && words.sending}
        >
          {form.send_test}
        </Button>
        {edited === null ? null : <Button onClick={() => setEdited(null)}>{words.reset}</Button>}
      </div>
      {refused === undefined ? <Failure error={send.error} /> : null}
      {send.data === undefined ? null : <SentResult result={send.data} />}
    </>
  );
};
