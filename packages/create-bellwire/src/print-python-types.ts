import {
  type CatalogType,
  type Field,
  type Shape,
  shapesOfSchema,
  typeNames,
} from '@bellwire/client/generate';
import { docstring, isName, quote } from './python-text.ts';

/** Declarations in the order of their use: what a class needs stands before it. */
interface Module {
  readonly declarations: string[];
  readonly taken: Set<string>;
}

interface Scope {
  readonly module: Module;
  /** What the type is about: names of nested classes begin with it. */
  readonly name: string;
  readonly nameOf: (definition: string) => string;
}

const freshName = ({ taken }: Module, wanted: string): string => {
  const name = [...typeNames([wanted], [...taken]).values()][0] ?? wanted;
  taken.add(name);
  return name;
};

const union = (members: readonly string[]): string => {
  const some = [...new Set(members)].filter((member) => member !== 'None');
  if (some.includes('Any') || some.length === 0) return 'Any';
  const [first = 'Any', ...others] = some;
  const joined = others.length === 0 ? first : `Union[${some.join(', ')}]`;
  return members.includes('None') ? `Optional[${joined}]` : joined;
};

const literal = (value: string | number | boolean | null): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return `Literal[${value ? 'True' : 'False'}]`;
  if (typeof value === 'string') return `Literal[${quote(value)}]`;
  // A literal type of Python takes whole numbers alone.
  return Number.isSafeInteger(value) ? `Literal[${value}]` : 'float';
};

const declareClass = (scope: Scope, fields: readonly Field[]): string => {
  const { module, name } = scope;
  const own = freshName(module, name);
  const types = fields.map((field): readonly [Field, string] => [
    field,
    printType(field.shape, { ...scope, name: `${own} ${field.name}` }),
  ]);
  const total = fields.every(({ required }) => required) ? '' : ', total=False';
  module.declarations.push(
    fields.every((field) => isName(field.name))
      ? `class ${own}(TypedDict${total}):\n${types.map(([field, type]) => `    ${field.name}: ${type}\n`).join('')}`
      : `${own} = TypedDict(\n    "${own}",\n    {\n${types.map(([field, type]) => `        ${quote(field.name)}: ${quote(type)},\n`).join('')}    },\n${total === '' ? '' : '    total=False,\n'})\n`,
  );
  return own;
};

const printType = (shape: Shape, scope: Scope): string => {
  switch (shape.kind) {
    case 'string':
      return 'str';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    case 'null':
      return 'None';
    case 'literal':
      return literal(shape.value);
    case 'array':
      return `List[${printType(shape.items, scope)}]`;
    case 'tuple':
      return `List[${union([...shape.items, ...(shape.rest === null ? [] : [shape.rest])].map((item) => printType(item, scope)))}]`;
    case 'object':
      return shape.fields.length > 0
        ? declareClass(scope, shape.fields)
        : `Dict[str, ${shape.others === null ? 'Any' : printType(shape.others, scope)}]`;
    case 'union':
      return union(shape.members.map((member) => printType(member, scope)));
    case 'reference':
      return scope.nameOf(shape.to);
    case 'intersection':
    case 'unknown':
    case 'never':
      return 'Any';
    default:
      return shape satisfies never;
  }
};

const TYPING = ['Any', 'Dict', 'List', 'Literal', 'Optional', 'TypedDict', 'Union'] as const;

const HEAD = `The data of each event type, made from a catalog: one TypedDict a type, named after it. A key may be missing where a
class says total=False. handlers.py imports them by name and nothing else reads this file.`;

export interface PythonTypes {
  readonly text: string;
  readonly nameOf: (event_type: string) => string;
}

/** Prints a module of TypedDicts for a catalog. The same catalog gives the same text. */
export const printPythonTypes = (catalog: readonly CatalogType[]): PythonTypes => {
  const module: Module = {
    declarations: [],
    taken: new Set(TYPING),
  };
  const names = typeNames(
    catalog.map(({ name }) => name),
    [...module.taken],
  );
  const nameOf = (event_type: string): string => names.get(event_type) ?? 'Any';
  for (const name of names.values()) module.taken.add(name);
  for (const { name, schema } of catalog) {
    const { root } = shapesOfSchema(schema ?? true);
    const own = nameOf(name);
    // What refers to itself is named in quotes; other definitions are left open.
    const scope: Scope = { module, name: own, nameOf: (to) => (to === '' ? quote(own) : 'Any') };
    module.taken.delete(own);
    const type = root.kind === 'unknown' ? 'Dict[str, Any]' : printType(root, scope);
    module.taken.add(own);
    if (type !== own) module.declarations.push(`${own} = ${type}\n`);
  }
  const body = module.declarations.join('\n\n');
  const used = TYPING.filter((name) => new RegExp(`\\b${name}\\b`).test(body));
  const imports = used.length === 0 ? '' : `from typing import ${used.join(', ')}\n\n\n`;
  return { text: `${docstring(HEAD)}\n\nfrom __future__ import annotations\n\n${imports}${body}`, nameOf };
};
