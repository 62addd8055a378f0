import { block, printComment, printKey } from './print-text.ts';
import { type CatalogType, printTypes } from './print-types.ts';
import { printValue } from './print-value.ts';

const TAKEN = ['EventData', 'EventType', 'WebhookEvent', 'Record', 'Typed'];

const HEAD = `// Made from the catalog of a Bellwire server by \`bellwire generate\`.
// Do not edit it: run that again.`;

const UNION = `export type EventType = keyof EventData;

/** An event of the catalog; its \`type\` tells what its \`data\` is. */
export type WebhookEvent = {
  [T in EventType]: { readonly type: T; readonly data: EventData[T] };
}[EventType];`;

const TYPED = `interface Typed<T> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: T };
    readonly types?: { readonly input: T; readonly output: T };
  };
}

/** Known to the compiler alone: the server checks the data against the schema. */
const typed = <T>(): Typed<T> => ({
  "~standard": {
    version: 1,
    vendor: "bellwire",
    validate: (value) => ({ value: value as T }),
  },
});`;

/**
 * One TypeScript file from a catalog, without imports: a type for the data of every event type, their union, and an
 * example of each that has one; for senders a `catalog` to hand to `createClient`. The same catalog gives the same
 * text, whatever order it comes in.
 */
export const printCatalog = (catalog: readonly CatalogType[]): string => {
  const { types, declarations, nameOf } = printTypes(catalog, TAKEN);
  const data = types.map(({ name }) => `readonly ${printKey(name)}: ${nameOf(name)};`);
  const entries = types.map(({ name }) => `${printKey(name)}: typed<${nameOf(name)}>(),`);
  const examples = types
    .filter(({ example }) => example !== null && example !== undefined)
    .map(({ name, example }) => `${printKey(name)}: ${printValue(example)},`);
  return `${[
    HEAD,
    ...(declarations === '' ? [] : [declarations]),
    printComment('The data of every event type, by its name.') +
      block('export interface EventData {', data, '}'),
    UNION,
    printComment('An example of the data of every type that has one.') +
      block(
        'export const examples = {',
        examples,
        '} satisfies { readonly [T in EventType]?: EventData[T] };',
      ),
    TYPED,
    printComment('For `createClient({ catalog })`: `send` is then checked by the compiler.') +
      block('export const catalog = {', entries, '};'),
  ].join('\n\n')}\n`;
};
