import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { useBellwire } from '../../data/client.tsx';
import { Failure, issueAt } from '../../data/errors.tsx';
import { isAbout, issuesAt } from '../../data/issues.ts';
import { indented, parseObject } from '../../data/json-object.ts';
import { Button } from '../../design/button.tsx';
import { JsonField } from '../../design/json-field.tsx';
import { type Pair, Pairs, recordOf } from '../../design/pairs.tsx';
import { TextField } from '../../design/text-field.tsx';
import { Page } from '../../shell/page.tsx';
import { useEventTypes } from '../deliveries/event-types.ts';
import { Receipt } from './receipt.tsx';
import { TypeField } from './type-field.tsx';

const FIELDS = ['type', 'data', 'tenant', 'idempotency_key', 'deliver_at', 'metadata'] as const;

interface Draft {
  readonly text: string;
  readonly tenant: string;
  readonly idempotency_key: string;
  /** As `datetime-local` has it: local time without a zone. */
  readonly deliver_at: string;
  readonly metadata: readonly Pair[];
}

const EMPTY: Draft = { text: '{}', tenant: '', idempotency_key: '', deliver_at: '', metadata: [] };

/** Sample data of a type of the catalog; undefined while it is unknown. */
const useSample = (type: string) => {
  const bellwire = useBellwire();
  const is_known = useEventTypes().includes(type);
  return useQuery({
    queryKey: ['event_types', 'sample', type],
    queryFn: ({ signal }) => bellwire.eventTypes.sample(type, { signal }),
    enabled: is_known,
    staleTime: 60_000,
  });
};

const useSend = (type: string, draft: Draft) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const parsed = parseObject(draft.text);
      if (!parsed.ok) throw new Error(parsed.problem);
      const { tenant, idempotency_key, deliver_at } = draft;
      const metadata = recordOf(draft.metadata);
      return bellwire.events.send(type.trim(), parsed.value, {
        ...(tenant.trim() === '' ? {} : { tenant: tenant.trim() }),
        ...(idempotency_key.trim() === '' ? {} : { idempotency_key: idempotency_key.trim() }),
        ...(deliver_at === '' ? {} : { deliver_at: new Date(deliver_at).toISOString() }),
        ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['events'] }),
  });
};

/** Fills in the sample of a type, unless the person has changed the text. */
const useDraft = (sample: object | undefined) => {
  const [draft, setDraft] = useState(EMPTY);
  const filled = useRef(EMPTY.text);
  useEffect(() => {
    if (sample === undefined) return;
    const text = indented(sample);
    const untouched = filled.current;
    filled.current = text;
    setDraft((before) => (before.text === untouched ? { ...before, text } : before));
  }, [sample]);
  const change = (changes: Partial<Draft>): void => setDraft((before) => ({ ...before, ...changes }));
  return [draft, change] as const;
};

/** Sends an event as an application would, and shows where it goes. */
export const SendPage = () => {
  const [filters, setAddress] = useFilters();
  const type = filters['type'] ?? '';
  const sample = useSample(type);
  const [draft, change] = useDraft(sample.data?.data);
  const send = useSend(type, draft);
  const parsed = parseObject(draft.text);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  return (
    <Page title="Send an event" tools={<Link href="/events">All events</Link>}>
      <form className="form form-wide" onSubmit={submit}>
        <TypeField
          value={type}
          error={issueAt(send.error, 'type')}
          onChange={(name) => setAddress({ type: name })}
        />
        <JsonField
          label="Data"
          rows={14}
          text={draft.text}
          onChange={(text) => change({ text })}
          problem={parsed.ok ? undefined : parsed.problem}
          issues={issuesAt(send.error, 'data')}
          hint={
            sample.data === undefined ? 'A JSON object.' : `The example of ${type}. Change it as you like.`
          }
        />
        <Failure error={sample.error} />
        <Options draft={draft} change={change} error={send.error} />
        <Metadata draft={draft} change={change} error={send.error} />
        {isAbout(send.error, FIELDS) ? null : <Failure error={send.error} />}
        {send.data === undefined ? null : <Receipt receipt={send.data} />}
        <div className="inline">
          <Button
            kind="primary"
            type="submit"
            busy={send.isPending && 'Sending…'}
            disabled={type.trim() === '' || !parsed.ok}
          >
            Send the event
          </Button>
          {sample.data === undefined ? null : (
            <Button onClick={() => change({ text: indented(sample.data.data) })}>Reset to the example</Button>
          )}
        </div>
      </form>
    </Page>
  );
};

interface OptionsProps {
  readonly draft: Draft;
  readonly change: (changes: Partial<Draft>) => void;
  readonly error: unknown;
}

/** Your own data to find the event by. */
const Metadata = ({ draft, change, error }: OptionsProps) => (
  <div className="field">
    <span className="field-label">Metadata</span>
    <Pairs label="Metadata" pairs={draft.metadata} onChange={(metadata) => change({ metadata })} />
    <div className={issueAt(error, 'metadata') === undefined ? 'field-hint' : 'field-error'}>
      {issueAt(error, 'metadata') ?? 'Your own values to find the event by; receivers never get them.'}
    </div>
  </div>
);

const Options = ({ draft, change, error }: OptionsProps) => (
  <div className="columns">
    <TextField
      label="Tenant"
      hint="Your own id of the customer; empty for none."
      error={issueAt(error, 'tenant')}
      value={draft.tenant}
      onChange={(tenant) => change({ tenant })}
    />
    <TextField
      label="Idempotency key"
      hint="The same key again sends nothing twice. Empty: a new one."
      error={issueAt(error, 'idempotency_key')}
      className="mono"
      value={draft.idempotency_key}
      onChange={(idempotency_key) => change({ idempotency_key })}
    />
    <TextField
      label="Send it at"
      hint="In your time zone; empty for now, at most 30 days ahead."
      error={issueAt(error, 'deliver_at')}
      type="datetime-local"
      value={draft.deliver_at}
      onChange={(deliver_at) => change({ deliver_at })}
    />
  </div>
);
