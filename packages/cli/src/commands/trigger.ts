import type { Client } from '@bellwire/client';
import { isExampleRequired, isNotFound } from '../frame/api-error.ts';
import { failure } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import type { JsonObject } from '../input/parse-json.ts';
import { readObject } from '../input/read-data.ts';
import { setValues } from '../input/set-values.ts';
import { printJson } from '../print/json.ts';
import { printReceipt, type EventFields, eventFlags, setFlag, toEventInput } from './event-flags.ts';

interface Sample {
  readonly data: JsonObject;
  readonly previous_data: JsonObject | null;
}

interface Trigger extends EventFields {
  readonly event_type: string;
  readonly data?: string;
  readonly set?: readonly string[];
  readonly dry_run?: boolean;
}

/** The example of a type, or data that the server generated from its schema. */
const sampleOf = async ({ eventTypes }: Client, name: string): Promise<Sample> => {
  try {
    return await eventTypes.sample(name);
  } catch (thrown) {
    if (isNotFound(thrown)) {
      throw failure(
        `The catalog of this workspace has no event type "${name}". Specify --data, or add the type: bellwire event-types put '${name}' --example '{…}'. List the types with: bellwire event-types list`,
      );
    }
    if (!isExampleRequired(thrown)) throw thrown;
    throw failure(
      `No sample data could be generated from the schema of "${name}". Give the data with --data, or store an example: bellwire event-types put '${name}' --example '{…}'`,
    );
  }
};

/** `bellwire trigger` */
export const trigger = apiVerb<Trigger>({
  usage: 'trigger <event_type>',
  about: 'Send a real event with the example data of its type.',
  more: 'Without an example, the server generates the data from the schema. The event is sent to every subscribed hook; `bellwire hooks test` sends to one.',
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
    const sample =
      data === undefined
        ? await sampleOf(client, event_type)
        : { data: await readObject(data, '--data', shell), previous_data: null };
    const changed = setValues(sample.data, set);
    if (dry_run === true) out.print(changed, (value) => printJson(value, 2));
    else {
      const { previous_data } = sample;
      const input = { ...toEventInput(fields), previous_data };
      printReceipt(out, await client.events.send(event_type, changed, input));
    }
  },
});
