export {
  type DialectName,
  type Place,
  type ReceiverDialect,
  receiverDialects,
  type Scheme,
} from './dialects.ts';
export type { FetchRequest, NodeRequest, RawRequest, Received } from './read-received.ts';
export type { RefusalReason, Refused } from './refusal.ts';
export { type Verification, type Verified, verify, type VerifyOptions } from './verify.ts';
