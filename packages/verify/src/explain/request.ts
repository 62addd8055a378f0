import type { Bytes } from './bytes.ts';
import { finding, type Finding } from './finding.ts';
import type { Format, Signing } from './format.ts';
import type { Headers } from './headers.ts';
import type { ExplainInput, KnownSecret } from './types.ts';

/** A request with everything that is known about its signature. */
export interface Request {
  readonly format: Format;
  readonly input: ExplainInput;
  readonly signing: Signing;
  readonly value: string;
  /** The secrets of the hook itself. */
  readonly given: readonly KnownSecret[];
  /** Those of them that can sign. */
  readonly own: readonly KnownSecret[];
}

/** A finding, and the body that was signed if it is another one. */
export interface Found {
  readonly finding: Finding;
  readonly signed?: Bytes;
}

export const found = (...args: Parameters<typeof finding>): Found => ({ finding: finding(...args) });

const timestampOf = (format: Format, headers: Headers): string | null => {
  if (format.timestamp !== null) return headers[format.timestamp] ?? null;
  if (!format.is_time_inside) return null;
  const part = headers[format.signature]?.split(',').find((one) => one.startsWith('t='));
  return part?.slice('t='.length) ?? null;
};

/** The signed values of a request with these headers. */
export const signingOf = (format: Format, headers: Headers, body: Bytes): Signing => ({
  id: format.id === null ? '' : (headers[format.id] ?? ''),
  timestamp: timestampOf(format, headers) ?? '',
  body,
});
