import type { Client, EventType } from '@bellwire/client';
import { isNotFound } from '../frame/api-error.ts';
import { failure } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { isJsonObject, type JsonObject } from '../input/parse-json.ts';
import { readObject } from '../input/read-data.ts';
import { setValues } from '../input/set-values.ts';
import { printJson } from '../print/json.ts';
import { answerReceipt, type EventFields, eventFlags, setFlag } from './event-flags.ts';

interface Trigger extends EventFields {
  readonly event_type: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly dry_run?: boolean;
}

const getType = async (eventTypes: Client['eventTypes'], name: string): Promise<EventType> => {
  try {
    return await eventTypes.get(name);
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    throw failure(
      `The catalog of this workspace has no event type "${name}". Give its data with --data, or put it there: bellwire event-types put '${name}' --example '{…}'. Which there are: bellwire event-types list`,
    );
  }
};

/** The example of an event type; without one, sample data that is valid against its schema. */
const exampleOf = async ({ eventTypes }: Client, name: string): Promise<JsonObject> => {
  const { example, schema } = await getType(eventTypes, name);
  if (isJsonObject(example)) return example;
  if (!isJsonObject(schema)) return {};
  const { createSampleData } = await import('@bellwire/server/sample-data');
  const sample = createSampleData(schema);
  if (sample !== null) return sample;
  throw failure(
    `No sample data could be generated from the schema of "${name}". Give the data with --data, or store an example: bellwire event-types put '${name}' --example '{…}'`,
  );
};

/** `bellwire trigger` */
export const trigger = apiVerb<Trigger>({
  usage: 'trigger <event_type>',
  about: 'Send a real event with the example data of its type.',
  more: 'Without an example in the catalog, sample data is generated from the schema. The event is sent to every subscribed hook; `bellwire hooks test` sends to one hook only.',
  arguments: { event_type: 'one of the catalog; any, with --data' },
  flags: [
    setFlag,
    { flags: '--data <json>', about: 'other data than the example: a file, - for standard input, or JSON' },
    ...eventFlags,
    { flags: '--dry-run', about: 'print the data and send nothing' },
  ],
  examples: [
    'trigger order.created',
    'trigger order.created --set order.total=499 --set order.note=rush',
    'trigger order.created --dry-run',
  ],
  run: async (client, { event_type, data, set = [], dry_run, ...fields }, { out, shell }) => {
    const start =
      data === undefined ? await exampleOf(client, event_type) : await readObject(data, '--data', shell);
    const changed = setValues(start, set);
    if (dry_run === true) out.answer(changed, (value) => printJson(value, 2));
    else answerReceipt(out, await client.events.send(event_type, changed, fields));
  },
});
