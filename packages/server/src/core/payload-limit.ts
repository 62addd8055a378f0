import { BellwireError } from './errors.ts';

/** Maximum size of one call's input as JSON, in bytes. */
export const MAX_PAYLOAD_BYTES = 1_048_576;

export const payloadTooLarge = (): BellwireError =>
  new BellwireError('payload_too_large', 'The body is larger than 1 MiB. Send less, or send a link to it.');
