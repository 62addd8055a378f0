/** The result of the signature check. `unknown`: no hook of this server has this URL. */
export type Signature = 'verified' | 'refused' | 'unsigned' | 'unknown';

/** A request that the inbox received, without secret header values. */
export interface InboxEntry {
  readonly received_at: string;
  readonly method: string;
  readonly signature: Signature;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
