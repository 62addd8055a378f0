import type { CatalogType } from '@bellwire/client/generate';

const HEAD = `"""
What happens with each event: this file is yours. The receiver uses HANDLERS, with one function for each event
type, and \`otherwise\` for all other types.

When a handler raises an error, it runs again after 1 s, 5 s, 30 s, 2 min, 10 min, 1 h and 6 h; then the event
is a dead letter. It may also run again after a crash, so use \`event.id\` to do everything only once. Set
timeouts on requests and queries: each process runs one handler at a time.
"""

from typing import Any, Dict

from .event import Event, Handler
from .log import log
`;

/** A function name like `on_order_created` for each type, with a number where two would be the same. */
const functionNames = (types: readonly CatalogType[]): readonly string[] => {
  const names: string[] = [];
  for (const { name } of types) {
    const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
    let candidate = `on_${words}`;
    for (let number = 2; names.includes(candidate); number++) candidate = `on_${words}_${number}`;
    names.push(candidate);
  }
  return names;
};

const printFunction = (name: string, event: string, description: string): string => {
  const comment = description.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return `\n\n${comment === '' ? '' : `# ${comment}\n`}def ${name}(event: Event[Any]) -> None:
    log("info", "${event}", id=event.id, type=event.type)\n`;
};

/** `receiver/handlers.py` of the Flask template: a handler for every type, which only logs. */
export const printPythonHandlers = (types: readonly CatalogType[]): string => {
  const names = functionNames(types);
  const functions = types.map((type, index) =>
    printFunction(names[index] ?? '', 'handled', type.description ?? ''),
  );
  // The escapes of JSON strings are valid in Python.
  const entries = types.map(({ name }, index) => `    ${JSON.stringify(name)}: ${names[index] ?? ''},\n`);
  return `${HEAD}${functions.join('')}${printFunction('otherwise', 'no_handler', '')}

HANDLERS: Dict[str, Handler] = {\n${entries.join('')}}\n`;
};
