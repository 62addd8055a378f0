import { block, type CatalogType, printComment, printTypes, quote } from '@bellwire/client/generate';

const EVENTS_HEAD =
  '// Generated from a catalog of events. To update it, generate this file again; handlers.ts is yours.';

/** `src/events.ts` of the Express template. */
export const printEvents = (catalog: readonly CatalogType[]): string => {
  const { types, declarations, nameOf } = printTypes(catalog, ['Events', 'Record']);
  const fields = types.map(({ name }) => `readonly ${quote(name)}: ${nameOf(name)};`);
  const events =
    printComment('The data of every event type, by its name.') +
    block('export interface Events {', fields, '}');
  return `${[EVENTS_HEAD, ...(declarations === '' ? [] : [declarations]), events].join('\n\n')}\n`;
};

const HANDLERS_HEAD = `import type { Handlers, Received } from './handling.ts';
import { log } from './log.ts';

/**
 * Your code: one function for each event type in events.ts. If one throws, it runs again later; one may also run again
 * after a crash, so check \`id\` and do nothing the second time. Exports \`handlers\` and \`otherwise\`.
 */
`;

const HANDLERS_FOOT = `
/** For event types without a handler. The event counts as handled. */
export const otherwise = ({ id, type }: Received): void => {
  log('info', 'no_handler', { id, type });
};
`;

const printHandler = ({ name, description }: CatalogType): string =>
  `${printComment(description ?? null)}${quote(name)}: ({ id, type }) => {\n  log('info', 'handled', { id, type });\n},`;

/** `src/handlers.ts` of the Express template: a handler for every type, which only logs. */
export const printHandlers = (catalog: readonly CatalogType[]): string =>
  `${HANDLERS_HEAD}${block('export const handlers: Handlers = {', catalog.map(printHandler), '};')}\n${HANDLERS_FOOT}`;
