import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { OutcomeKind } from '../../packages/server/src/core/outcome.ts';
import type { DnsScript } from './dns-server.ts';
import type { Behaviour } from './faulty-receiver.ts';

/** What listens at the port of a row. */
export type Peer =
  | { readonly behaviour: Behaviour; readonly tls?: TlsOptions }
  /** Never gets as far as HTTP. */
  | { readonly onConnection: (socket: Socket) => void }
  | 'black hole';

/** The view of a raw client: this text or so many bytes, and then the state of the connection. */
export interface Sight {
  readonly text?: RegExp;
  readonly bytes?: number;
  readonly state: 'open' | 'more' | 'closed' | 'reset' | 'no connection' | 'no handshake';
}

/** One form of a behaviour, with what becomes of an attempt that meets it. */
export interface ReceiverRow {
  /** The first column of the table of receivers in the documentation. */
  readonly receiver: string;
  readonly form: string;
  readonly peer: Peer;
  readonly is_https?: true;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** The name server of `host`. */
  readonly dns?: DnsScript;
  readonly outcome: { readonly kind: OutcomeKind; readonly [detail: string]: string | number | RegExp };
  /** It ends at the deadline of the attempt; otherwise long before. */
  readonly is_slow?: true;
  /** The row is about the second of two requests; the first succeeds. */
  readonly is_second?: true;
  /** The stored body of the response. */
  readonly body?: string | RegExp;
  /** Whether it is stored as cut. */
  readonly is_cut?: boolean;
  /** What `Retry-After` requests; 0 if it is ignored. */
  readonly retry_after_s?: number;
  /** The requests that the receiver gets; 1 when absent. */
  readonly requests?: number;
  /** Null where no client gets as far as the peer. */
  readonly sight: Sight | null;
}

export const SUCCEEDED = { kind: 'succeeded' } as const;

/** A complete response; the connection stays open. */
const answered: Sight = { text: /\r\n\r\n/, state: 'open' };

/** A row without the fields that all rows of its behaviour share. */
export interface Form extends Partial<Omit<ReceiverRow, 'receiver' | 'form' | 'peer'>> {
  /** Over plain TCP; a form has this or `peer`. */
  readonly behaviour?: Behaviour;
  readonly peer?: Peer;
}

/** Accepts connections, and never reads nor writes. */
export const stalls: Peer = { onConnection: () => {} };

/** The rows of one behaviour. */
export const rows = (
  receiver: string,
  shared: Omit<Form, 'outcome'> & Pick<ReceiverRow, 'outcome'>,
  forms: Readonly<Record<string, Behaviour | Form>>,
): readonly ReceiverRow[] =>
  Object.entries(forms).map(([form, given]) => {
    const { behaviour, ...own } = typeof given === 'function' ? { behaviour: given } : given;
    const peer = behaviour === undefined ? stalls : { behaviour };
    return { receiver, form, sight: answered, peer, ...shared, ...own };
  });
