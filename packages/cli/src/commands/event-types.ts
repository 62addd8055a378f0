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
  readonly previous_example?: string;
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
  about: 'Show an event type with its schema and examples.',
  call: ({ eventTypes }, name) => eventTypes.get(name),
});

const sample = typeVerb('sample', {
  about: 'Show the data that a test event of this type has.',
  more: 'The example of the type, or else data generated from its schema.',
  call: ({ eventTypes }, name) => eventTypes.sample(name),
});

const put = apiVerb<Put>({
  usage: 'put <name>',
  about: 'Add an event type to the catalog, or replace all its fields.',
  more: 'If the type has a schema, the data of every new event is validated against it.',
  arguments: NAME,
  flags: [
    { flags: '--schema <json>', about: 'JSON Schema of the data: a file, -, or JSON (default: any data)' },
    { flags: '--example <json>', about: 'data that test and trigger send: a file, -, or JSON' },
    {
      flags: '--previous-example <json>',
      about: 'the data before the change that --example shows: a file, -, or JSON',
    },
    { flags: '--description <text>', about: 'a description for people' },
  ],
  examples: [
    'event-types put order.created --schema order.schema.json --example order.json',
    "event-types put order.canceled --description 'An order was canceled.'",
  ],
  run: async ({ eventTypes }, { name, schema, example, previous_example, ...fields }, { out, shell }) => {
    const read = async (text: string | undefined, field: string) =>
      text === undefined ? {} : { [field]: await readObject(text, `--${field.replace('_', '-')}`, shell) };
    const put_fields = {
      ...fields,
      ...(await read(schema, 'schema')),
      ...(await read(example, 'example')),
      ...(await read(previous_example, 'previous_example')),
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
  verbs: [list, get, sample, put, remove],
};
