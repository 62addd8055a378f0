/** Splits a text at white space into a list. Backslashes are kept as written, so patterns need no escaping. */
export const words = (text: TemplateStringsArray): readonly string[] => String.raw(text).trim().split(/\s+/);
