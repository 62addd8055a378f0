/** Control characters, and those that turn the direction of text: they could move a cursor or hide what is said. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text of others, safe to show on one line of a terminal. */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, escape);

/** The same for text of several lines. */
export const printableLines = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
