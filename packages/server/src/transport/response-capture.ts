import type { CapturedResponse } from '../ports/transport.ts';

/** Headers as undici parses them: names in lower case, repeated ones as arrays. */
export type ParsedHeaders = Readonly<Record<string, string | string[] | undefined>>;

const flattenHeaders = (parsed: ParsedHeaders): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const name in parsed) {
    const value = parsed[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
};

/** The head of a response, and the first bytes of its body as received, still encoded. */
export class ResponseCapture {
  readonly status: number;
  private readonly headers: ParsedHeaders;
  private readonly chunks: Buffer[] = [];
  private room: number;

  constructor(status: number, headers: ParsedHeaders, max_body_bytes: number) {
    this.status = status;
    this.headers = headers;
    this.room = max_body_bytes;
  }

  /** Keeps what fits. False if something did not: no more needs to be read. */
  keep(chunk: Buffer): boolean {
    const fits = chunk.length <= this.room;
    const kept = fits ? chunk : chunk.subarray(0, this.room);
    this.chunks.push(kept);
    this.room -= kept.length;
    return fits;
  }

  /** `is_complete`: the body ended as its framing specified, and all of it was kept. */
  toResponse(is_complete: boolean): CapturedResponse {
    return {
      status: this.status,
      headers: flattenHeaders(this.headers),
      body: this.text(),
      body_truncated: !is_complete,
    };
  }

  // Nearly every body arrives in one piece, which needs no copy.
  private text(): string {
    const [first] = this.chunks;
    if (first === undefined) return '';
    return (this.chunks.length === 1 ? first : Buffer.concat(this.chunks)).toString('utf8');
  }
}
