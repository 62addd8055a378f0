/**
 * The pattern without a leading `.*`, which changes nothing where any match will do, but makes V8 try every
 * ending from every start: zod writes `.*abc$` for `endsWith('abc')`.
 */
export const leanPattern = (pattern: string): string => pattern.replace(/^\.\*(?!\?)/, '');
