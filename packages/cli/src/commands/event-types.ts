import type { EventType } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { readObject } from '../input/read-data.ts';
import { printRecord } from '../print/record.ts';

const NAME = { name: 'the name of the event type' };

interface One {
  readonly name: string;
}

interface Put extends One {
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

const get = apiVerb<One>({
  usage: 'get <name>',
  about: 'Show an event type with its schema and example.',
  arguments: NAME,
  examples: ['event-types get order.created', "event-types get order.created --json | jq '.schema'"],
  run: async ({ eventTypes }, { name }, { out }) => out.answer(await eventTypes.get(name), printRecord),
});

const put = apiVerb<Put>({
  usage: 'put <name>',
  about: 'Add an event type to the catalog, or replace it as a whole.',
  more: 'The data of every event of a type that has a schema is checked against it, from now on.',
  arguments: NAME,
  flags: [
    {
      flags: '--schema <json>',
      about: 'the JSON Schema of its data: a file, - or JSON; any data when absent',
    },
    { flags: '--example <json>', about: 'data that tests and triggers send: a file, - or JSON' },
    { flags: '--description <text>', about: 'when it is sent, for people' },
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
    out.answer(await eventTypes.put(name, put_fields), printRecord);
  },
});

const remove = apiVerb<One>({
  usage: 'delete <name>',
  about: 'Take an event type out of the catalog; its events stay.',
  arguments: NAME,
  examples: ['event-types delete order.created'],
  run: async ({ eventTypes }, { name }, { out }) =>
    out.answer(await eventTypes.delete(name), () => `Deleted ${name}.`),
});

export const eventTypes: Noun = {
  name: 'event-types',
  about: 'The catalog: names, JSON Schemas and examples of what is sent.',
  verbs: [list, get, put, remove],
};
