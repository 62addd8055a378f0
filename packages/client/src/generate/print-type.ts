import { block, indent, printComment, printKey, quote } from './print-text.ts';
import type { Field, Shape } from './shape.ts';

/** The name of the type that a reference points to. */
export type NameOf = (definition: string) => string;

const LINE = 80;

const printField = ({ name, required, description, shape }: Field, nameOf: NameOf): string => {
  const type = printType(shape, nameOf);
  const space = type.startsWith('\n') ? '' : ' ';
  return `${printComment(description)}readonly ${printKey(name)}${required ? '' : '?'}:${space}${type};`;
};

const printUnion = (members: readonly string[], separator: '|' | '&'): string => {
  const line = members.join(` ${separator} `);
  const isShort = line.length <= LINE && !line.includes('\n');
  if (isShort || separator === '&') return line;
  return `\n${indent(members.map((member) => `| ${indent(member).trimStart()}`).join('\n'))}`;
};

const isJoined = (shape: Shape): boolean => shape.kind === 'union' || shape.kind === 'intersection';

const inParentheses = (shape: Shape, nameOf: NameOf): string => {
  const text = printType(shape, nameOf);
  return isJoined(shape) ? `(${text})` : text;
};

/** A nested `readonly` needs parentheses. */
const printElement = (shape: Shape, nameOf: NameOf): string => {
  const text = inParentheses(shape, nameOf);
  return shape.kind === 'array' || shape.kind === 'tuple' ? `(${text})` : text;
};

const printObject = (fields: readonly Field[], others: Shape | null, nameOf: NameOf): string => {
  const names = fields.map((field) => printField(field, nameOf));
  // Next to named fields, an index signature would have to include all of their types.
  const index =
    others === null
      ? []
      : [`readonly [key: string]: ${fields.length > 0 ? 'unknown' : printType(others, nameOf)};`];
  const parts = [...names, ...index];
  return parts.length === 0 ? 'Record<string, never>' : block('{', parts, '}');
};

/** Prints a shape as a TypeScript type. */
export const printType = (shape: Shape, nameOf: NameOf): string => {
  switch (shape.kind) {
    case 'literal':
      return typeof shape.value === 'string' ? quote(shape.value) : String(shape.value);
    case 'array':
      return `readonly ${printElement(shape.items, nameOf)}[]`;
    case 'tuple': {
      const rest = shape.rest === null ? [] : [`...${printElement(shape.rest, nameOf)}[]`];
      return `readonly [${[...shape.items.map((item) => printType(item, nameOf)), ...rest].join(', ')}]`;
    }
    case 'object':
      return printObject(shape.fields, shape.others, nameOf);
    case 'union':
      return printUnion(
        shape.members.map((member) => inParentheses(member, nameOf)),
        '|',
      );
    case 'intersection':
      return printUnion(
        shape.members.map((member) => inParentheses(member, nameOf)),
        '&',
      );
    case 'reference':
      return nameOf(shape.to);
    case 'unknown':
    case 'never':
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return shape.kind;
  }
};
