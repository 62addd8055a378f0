const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

const count = (text: string, part: string): number => text.split(part).length - 1;

/** A string literal in the style of formatters: double quotes, unless single quotes need fewer escapes. */
export const quote = (text: string): string => {
  // For regular expressions both are line breaks, so `indent` would insert spaces into the text.
  const double = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  if (count(text, '"') <= count(text, "'")) return double;
  return `'${double.slice(1, -1).replaceAll("'", "\\'").replaceAll('\\"', '"')}'`;
};

/** A key of an object or a type, quoted only if necessary. */
export const printKey = (name: string): string => (IDENTIFIER.test(name) ? name : quote(name));

export const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

/** A doc comment with a trailing newline; empty for an empty text. */
export const printComment = (text: string | null): string => {
  const lines = (text ?? '')
    .replaceAll('*/', '*\\/')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) return '';
  return lines.length === 1
    ? `/** ${lines[0] ?? ''} */\n`
    : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
};

/** `open`, one line per part, `close`. */
export const block = (open: string, parts: readonly string[], close: string): string =>
  parts.length === 0 ? open + close : `${open}\n${parts.map((part) => `${indent(part)}\n`).join('')}${close}`;
