import type { Client, EventType } from '@bellwire/client';
import { isNotFound } from '../frame/api-error.ts';
import { failure } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { isJsonObject, type JsonObject } from '../input/parse-json.ts';
import { readObject } from '../input/read-data.ts';
import { setValues } from '../input/set-values.ts';
import { printJson } from '../print/json.ts';
import { printReceipt, type EventFields, eventFlags, setFlag, toEventInput } from './event-flags.ts';

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
      `The catalog of this workspace has no event type "${name}". Specify --data, or add the type: bellwire event-types put '${name}' --example '{…}'. List the types with: bellwire event-types list`,
    );
  }
};

/** The example of a type, or else data generated from its schema. */
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
  more: 'Without an example, the data is generated from the schema. The event is sent to every subscribed hook; `bellwire hooks test` sends to one.',
  arguments: { event_type: 'an event type of the catalog; any type with --data' },
  flags: [
    setFlag,
    { flags: '--data <json>', about: 'data instead of the example: a file, - for standard input, or JSON' },
    ...eventFlags,
    { flags: '--dry-run', about: 'print the data without sending it' },
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
    if (dry_run === true) out.print(changed, (value) => printJson(value, 2));
    else printReceipt(out, await client.events.send(event_type, changed, toEventInput(fields)));
  },
});
