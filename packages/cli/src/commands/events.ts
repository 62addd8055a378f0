import type { BatchResult, EventToSend, ListedEvent } from '@bellwire/client';
import { failure, wrongUsage } from '../frame/command-error.ts';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { isJsonObject, type Json, parseJson } from '../input/parse-json.ts';
import { readInput, readObject } from '../input/read-data.ts';
import { setValues } from '../input/set-values.ts';
import { printRecord } from '../print/record.ts';
import { colourOf } from '../print/style.ts';
import { type Column, printTable } from '../print/table.ts';
import { filters } from './filters.ts';
import { printReceipt, type EventFields, eventFlags, setFlag, toEventInput } from './event-flags.ts';
import { metadataFlag, type Pairs, toMetadata } from './metadata-flag.ts';

interface Send extends EventFields {
  readonly event_type: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly previous_data?: string;
}

const send = apiVerb<Send>({
  usage: 'send <event_type>',
  about: 'Send an event to every hook subscribed to its type.',
  more: 'The response arrives after the event is on disk. `bellwire trigger` sends example data.',
  arguments: { event_type: 'like order.created' },
  flags: [
    { flags: '--data <json>', about: 'the data: a file, - for standard input, or JSON' },
    setFlag,
    { flags: '--previous-data <json>', about: 'the data before the change, in the same forms' },
    ...eventFlags,
  ],
  examples: [
    'events send order.created --data \'{"order": {"id": 123, "total": 499}}\'',
    'events send order.created --data order.json --set order.total=500 --idempotency-key order-123',
    'events send order.created --set order.id=123',
  ],
  run: async ({ events }, { event_type, data, set, previous_data, ...fields }, { out, shell }) => {
    if (data === undefined && set === undefined) {
      throw wrongUsage("The event has no data. Specify --data '{…}', a file or -, or --set path=value.");
    }
    const start = data === undefined ? {} : await readObject(data, '--data', shell);
    const before =
      previous_data === undefined
        ? {}
        : { previous_data: await readObject(previous_data, '--previous-data', shell) };
    const options = { ...toEventInput(fields), ...before };
    printReceipt(out, await events.send(event_type, setValues(start, set ?? []), options));
  },
});

/** Reads a list, an object `{ "events": [...] }` as in the API, or one event per line. */
const readEvents = (text: string): readonly Json[] => {
  const is_lines = /^\s*\{/.test(text) && /\}[ \t]*\r?\n\s*\{/.test(text) && !/^\s*\{\s*"events"/.test(text);
  if (is_lines) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line, at) => parseJson(line, `Line ${at + 1}`));
  }
  const value = parseJson(text, 'The input');
  const events = isJsonObject(value) && 'events' in value ? value['events'] : value;
  if (Array.isArray(events)) return events as readonly Json[];
  return [value];
};

const columns: readonly Column<BatchResult>[] = [
  { title: 'RESULT', of: ({ ok }) => (ok ? 'accepted' : 'refused'), colour: colourOf },
  { title: 'ID', of: (result) => (result.ok ? result.event.id : null) },
  { title: 'TYPE', of: (result) => (result.ok ? result.event.type : null) },
  { title: 'DELIVERIES', of: (result) => (result.ok ? result.event.deliveries : null) },
  { title: 'REASON', of: (result) => (result.ok ? null : `${result.error.message} (${result.error.code})`) },
];

const sendBatch = apiVerb<{ readonly file: string }>({
  usage: 'send-batch <file>',
  about: 'Send up to 1000 events. Invalid events do not affect the others.',
  more: 'Exits with code 1 if any event is refused.',
  arguments: { file: 'a JSON list of events, or one event per line; - for standard input' },
  examples: [
    'events send-batch events.json',
    'printf \'%s\\n\' \'{"type": "order.paid", "data": {"id": 1}}\' | bellwire events send-batch -',
  ],
  run: async ({ events }, { file }, { out, shell }) => {
    const items = readEvents(await readInput(file, 'events send-batch', shell));
    const batch = await events.sendBatch(items as unknown as readonly EventToSend[]);
    out.print(batch, ({ results }, style) => printTable(results, columns, style));
    const refused = batch.results.filter(({ ok }) => !ok).length;
    if (refused > 0) throw failure(`${refused} of ${batch.results.length} events were refused.`);
  },
});

interface Filter {
  readonly type?: string;
  readonly wire_id?: string;
  readonly tenant?: string;
  readonly idempotency_key?: string;
  readonly metadata?: Pairs;
  readonly include?: 'data';
}

const list = listVerb<Filter, ListedEvent>({
  about: 'List the events of the workspace, newest first.',
  things: 'events',
  flags: [
    filters.tenant,
    { flags: '--type <event_type>', about: 'only events of this type' },
    filters.wire,
    { flags: '--idempotency-key <key>', about: 'only the event with this key' },
    { ...metadataFlag, about: 'only events with this metadata, like order_id=1042; may be repeated' },
    { flags: '--include <part>', about: 'also the data of each event', choices: ['data'] },
  ],
  examples: ['events list --type order.created', 'events list --metadata order_id=1042 --json'],
  list: ({ events }, { metadata, ...query }) => events.list({ ...query, ...toMetadata(metadata) }),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'CREATED', of: ({ created_at }) => created_at },
    { title: 'TYPE', of: ({ type }) => type },
    { title: 'DELIVERIES', of: ({ deliveries }) => deliveries },
    { title: 'DATA', of: ({ data }) => data },
  ],
});

const get = apiVerb<{ readonly event_id: string }>({
  usage: 'get <event_id>',
  about: 'Show an event with its data.',
  arguments: { event_id: 'the id of the event' },
  examples: ['events get evt_01jd7b1c8r4n6s2y0p5h9g3kmd'],
  run: async ({ events }, { event_id }, { out }) => out.print(await events.get(event_id), printRecord),
});

const remove = apiVerb<{ readonly event_id: string }>({
  usage: 'delete <event_id>',
  about: 'Delete an event with its deliveries and attempts.',
  more: 'What was not sent is never sent.',
  arguments: { event_id: 'the id of the event' },
  examples: ['events delete evt_01jd7b1c8r4n6s2y0p5h9g3kmd'],
  run: async ({ events }, { event_id }, { out }) => {
    out.print(await events.delete(event_id), () => `Deleted ${event_id}.`);
  },
});

export const events: Noun = {
  name: 'events',
  about: 'Send, inspect and delete events.',
  verbs: [list, get, send, sendBatch, remove],
};
