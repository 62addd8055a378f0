/** What a request into the inbox came to. `unknown` when no hook of this server points there. */
export type Signature = 'verified' | 'refused' | 'unsigned' | 'unknown';

/** One request into the inbox, without its secrets. */
export interface InboxEntry {
  readonly received_at: string;
  readonly method: string;
  readonly signature: Signature;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
