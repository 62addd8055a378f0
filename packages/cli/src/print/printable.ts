/** Control characters and bidirectional overrides, which could move the cursor or disguise text. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Untrusted text, safe to print on one line of a terminal. */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, escape);

/** Untrusted text of several lines, safe to print on a terminal. */
export const printableLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
