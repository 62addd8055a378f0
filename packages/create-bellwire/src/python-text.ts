// Python's reserved words and the soft ones that may not be fields of a class.
const RESERVED = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

/** Whether a text can be the name of a field in a class. Names with two underscores would be changed by Python. */
export const isName = (text: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !RESERVED.has(text) && !text.startsWith('__');

const escape = (character: string): string => {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
};

/** A string literal in ASCII. JSON's escapes are Python's; what lies beyond ASCII is escaped as Python does. */
export const quote = (text: string): string => JSON.stringify(text).replaceAll(/[^\x20-\x7e]/gu, escape);

export const docstring = (text: string): string => `"""\n${text}\n"""`;

/** A comment of one line. */
export const comment = (text: string): string => `# ${text.replaceAll(/\s+/g, ' ').trim()}`;
