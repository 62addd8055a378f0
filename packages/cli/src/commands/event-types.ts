import type { EventType } from '@bellwire/client';
import { idVerbs } from '../frame/id-verb.ts';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { readObject } from '../input/read-data.ts';
import { printRecord } from '../print/record.ts';

const NAME = { name: 'the name of the event type' };

const typeVerb = idVerbs({
  noun: 'event-types',
  argument: 'name',
  about: NAME.name,
  sample: 'order.created',
});

interface Put {
  readonly name: string;
  readonly description?: string;
  readonly schema?: string;
  readonly example?: string;
}

const list = listVerb<{}, EventType>({
  about: 'List the catalog of the workspace, by name.',
  things: 'event types',
  examples: ['event-types list', 'event-types list --all --json > catalog.json'],
  list: ({ eventTypes }, query) => eventTypes.list(query),
  columns: [
    { title: 'NAME', of: ({ name }) => name },
    { title: 'SCHEMA', of: ({ schema }) => schema !== null },
    { title: 'EXAMPLE', of: ({ example }) => example !== null },
    { title: 'DESCRIPTION', of: ({ description }) => description },
  ],
});

const get = typeVerb('get', {
  about: 'Show an event type with its schema and example.',
  call: ({ eventTypes }, name) => eventTypes.get(name),
});

const put = apiVerb<Put>({
  usage: 'put <name>',
  about: 'Add an event type to the catalog, or replace all its fields.',
  more: 'If the type has a schema, the data of every new event is validated against it.',
  arguments: NAME,
  flags: [
    { flags: '--schema <json>', about: 'JSON Schema of the data: a file, -, or JSON (default: any data)' },
    { flags: '--example <json>', about: 'data that test and trigger send: a file, -, or JSON' },
    { flags: '--description <text>', about: 'a description for people' },
  ],
  examples: [
    'event-types put order.created --schema order.schema.json --example order.json',
    "event-types put order.canceled --description 'An order was canceled.'",
  ],
  run: async ({ eventTypes }, { name, schema, example, ...fields }, { out, shell }) => {
    const put_fields = {
      ...fields,
      ...(schema === undefined ? {} : { schema: await readObject(schema, '--schema', shell) }),
      ...(example === undefined ? {} : { example: await readObject(example, '--example', shell) }),
    };
    out.print(await eventTypes.put(name, put_fields), printRecord);
  },
});

const remove = typeVerb('delete', {
  about: 'Remove an event type from the catalog. Its events are kept.',
  call: ({ eventTypes }, name) => eventTypes.delete(name),
});

export const eventTypes: Noun = {
  name: 'event-types',
  about: 'Manage the catalog: event type names, JSON Schemas and examples.',
  verbs: [list, get, put, remove],
};
