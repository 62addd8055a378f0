export { bodyChanges } from './body-changes.ts';
export { explain } from './explain.ts';
export type { ExplainInput, Explanation, KnownSecret, SentRequest } from './types.ts';
export { findingCodes, misreadings } from './finding.ts';
export { type Format, formatOf } from './format.ts';
export { detectDialect, type Headers, readHeaders } from './headers.ts';
export { inWords, type Words } from './words.ts';
