import type { SignatureExplanation } from '@bellwire/client';
import { paint, type Style } from './style.ts';
import { printable } from './printable.ts';

type Deep<T> = T extends readonly (infer I)[]
  ? readonly Deep<I>[]
  : T extends object
    ? { readonly [K in keyof T]: Deep<T[K]> }
    : T;

/** The explanation of a signature, of the server or of this program. */
export type Explained = Deep<SignatureExplanation>;

const LONGEST = 2_000;

const bodyOf = ({ signed }: Explained): string => {
  const text = (signed?.body ?? []).map(({ text: one, hex }) => one ?? `<${hex ?? ''}>`).join('');
  return text.length <= LONGEST
    ? text
    : `${text.slice(0, LONGEST)}… (${text.length - LONGEST} more characters)`;
};

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${printable(line)}`)
    .join('\n');

const differenceLines = ({ difference }: Explained, style: Style): readonly string[] => {
  if (difference === null) return [];
  const { at_byte, before, arrived, signed, after } = difference;
  const line = (part: string, colour: 'red' | 'green'): string =>
    `${printable(before)}${paint(`[${printable(part)}]`, colour, style)}${printable(after)}`;
  return [
    '',
    paint(`Difference at byte ${at_byte}`, 'bold', style),
    `  arrived  ${line(arrived, 'red')}`,
    `  signed   ${line(signed, 'green')}`,
  ];
};

/** The finding first, then the facts. */
export const printExplanation = (explained: Explained, style: Style): string => {
  const { verified, what, why, next, dialect, scheme, headers, signed, received, expected, age_seconds } =
    explained;
  const facts = [
    ['dialect', dialect],
    ['scheme', scheme],
    ...headers.map(({ name, value }) => [name, value ?? '(missing)']),
    ['age', age_seconds === null ? null : `${age_seconds} s`],
    ['received', received],
    ['expected', expected],
  ].flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name ?? '', value] as const]));
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  return [
    paint(printable(what), verified ? 'green' : 'red', style),
    printable(why),
    printable(next),
    '',
    ...facts.map(([name, value]) => `${paint(name.padEnd(width), 'dim', style)}  ${printable(value)}`),
    ...differenceLines(explained, style),
    ...(signed === null
      ? []
      : [
          '',
          paint(`The ${signed.bytes} signed bytes`, 'bold', style),
          indented(`${signed.prefix}${bodyOf(explained)}`),
        ]),
  ].join('\n');
};
