import type { CatalogType } from '@bellwire/client/generate';
import { comment, docstring, isName, quote } from './python-text.ts';

const HEAD = `What happens with each event: this file is yours. The receiver reads two names, HANDLERS (one function an event type)
and \`otherwise\` (for every other type).

A handler that returns is done. One that raises runs again later: after 1 s, 5 s, 30 s, 2 min, 10 min, 1 h and 6 h, then
the event is a dead letter. It may also run again when the process died meanwhile, so do each thing under \`event.id\`.
Give what waits for others (requests, queries) a time-out: one handler at a time runs in each process.`;

/** \`on_order_created\` for \`order.created\`, no two the same. */
const functionNames = (catalog: readonly CatalogType[]): ReadonlyMap<string, string> => {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name } of catalog) {
    const words = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replaceAll(/^_|_$/g, '');
    let candidate = `on_${words}`;
    for (let number = 2; taken.has(candidate) || !isName(candidate); number++)
      candidate = `on_${words}_${number}`;
    taken.add(candidate);
    names.set(name, candidate);
  }
  return names;
};

/** `receiver/handlers.py` of the Flask template: a handler for every type, which only logs. */
export const printPythonHandlers = (
  catalog: readonly CatalogType[],
  typeOf: (event_type: string) => string,
): string => {
  const names = functionNames(catalog);
  const functions = catalog.map(({ name, description }) => {
    const about = (description ?? '').trim() === '' ? '' : `${comment(description ?? '')}\n`;
    return `${about}def ${names.get(name) ?? ''}(event: Received[${typeOf(name)}]) -> None:\n    log("info", "handled", id=event.id, type=event.type)\n`;
  });
  const types = [...new Set(catalog.map(({ name }) => typeOf(name)))]
    .filter((name) => name !== 'Any')
    .toSorted();
  const imports =
    types.length === 0 ? '' : `from .events import (\n${types.map((name) => `    ${name},\n`).join('')})\n`;
  const entries = catalog.map(({ name }) => `    ${quote(name)}: ${names.get(name) ?? ''},\n`).join('');
  return `${docstring(HEAD)}

from __future__ import annotations

from typing import Any, Dict

${imports}from .log import log
from .received import Handler, Received


${functions.map((text) => `${text}\n\n`).join('')}def otherwise(event: Received[Any]) -> None:
    log("info", "no_handler", id=event.id, type=event.type)


HANDLERS: Dict[str, Handler] = {
${entries}}
`;
};
