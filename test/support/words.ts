/** Splits a text at white space into a list. Backslashes are kept as written, so patterns need no escaping. */
export const words = (text: TemplateStringsArray, ...values: readonly string[]): readonly string[] =>
  String.raw(text, ...values)
    .trim()
    .split(/\s+/);
