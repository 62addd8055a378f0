import { BellwireError } from '../core/errors.ts';
import type { Change, ChangeSource } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { ChangeFilter, ShownChange } from '../rpc/views/change.ts';
import { ChangeHistory } from './change-history.ts';
import { EventStream } from './event-stream.ts';

export interface StreamsOptions {
  readonly source: ChangeSource;
  readonly clock: Clock;
}

export interface StreamRequest {
  readonly workspace_id: string;
  readonly viewChange: (change: Change) => ShownChange;
  readonly filter: ChangeFilter;
  /** The last event that the client has; null for a new client. */
  readonly last_event_id: string | null;
  /** The API key or the session of the request. */
  readonly credential_id: string;
  /** Whether that may still open this stream. A rejection counts as yes. */
  readonly isAllowed: () => Promise<boolean>;
}

/** An open stream. */
interface Client {
  readonly request: StreamRequest;
  readonly stream: EventStream;
}

/** The events of one workspace, recorded while it has clients and for a while afterwards. */
interface Channel {
  readonly history: ChangeHistory;
  readonly clients: Set<Client>;
  readonly unwatch: () => void;
  cancelRemoval: () => void;
}

const STREAMS_MAX = 100;
const STREAMS_PER_WORKSPACE = 50;
/** Of those, the streams of portals, and of the portal of one tenant. */
const STREAMS_OF_PORTALS = 35;
const STREAMS_PER_PORTAL = 5;
/** Histories are kept for clients that reconnect: this many at most, beyond those with clients. */
const IDLE_CHANNELS_MAX = 20;
const LINGER_MS = 60_000;
/** A revocation takes effect within a second. */
const RECHECK_MS = 900;

/** Portals leave room for the console and for other programs. @throws BellwireError `too_many_requests` */
const assertPortalRoom = (open: readonly StreamRequest[], owner: string): void => {
  const portals = open.filter(({ filter }) => filter.owner !== undefined);
  const own = portals.filter(({ filter }) => filter.owner === owner);
  if (portals.length < STREAMS_OF_PORTALS && own.length < STREAMS_PER_PORTAL) return;
  throw new BellwireError(
    'too_many_requests',
    'Too many pages of the portal follow changes. Close one, or read lists instead.',
    { retry_after_s: 30 },
  );
};

const shuttingDown = (): BellwireError =>
  new BellwireError('shutting_down', 'The server is shutting down. Reconnect after a second.', {
    retry_after_s: 1,
  });

/** The open streams of all workspaces. */
export class Streams {
  readonly #options: StreamsOptions;
  /** By workspace, the one without clients for the longest first among those without. */
  readonly #channels = new Map<string, Channel>();
  #count = 0;
  #opened = 0;
  #is_closed = false;
  #cancelRecheck: (() => void) | null = null;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** The number of open streams. */
  get size(): number {
    return this.#count;
  }

  /**
   * Opens a stream. Changes that are committed after it returns are not missed.
   * @throws BellwireError `overloaded`, `too_many_requests`, `shutting_down`
   */
  open(request: StreamRequest): Response {
    this.#assertRoom(request);
    const channel = this.#channelOf(request);
    const { history } = channel;
    const stream = new EventStream({
      clock: this.#options.clock,
      reset: () => history.reset(),
      // Events that the filter excludes advance the position too. An id without data is not an event.
      heartbeat: () => `id: ${history.lastId}\n\n`,
      onEnd: () => this.#remove(client, channel),
    });
    const client = { request, stream };
    channel.clients.add(client);
    channel.cancelRemoval();
    this.#count += 1;
    this.#recheckLater();
    const { last_event_id, filter } = request;
    const missed = last_event_id === null ? '' : (history.since(last_event_id, filter) ?? history.reset());
    // Never empty: the response begins now, and its client can resume from here.
    stream.send(`${missed}id: ${history.lastId}\n\n`);
    return stream.response();
  }

  /** Ends the streams of an API key or a session. */
  endOf(credential_id: string): void {
    for (const { request, stream } of this.#clients()) {
      if (request.credential_id === credential_id) stream.end();
    }
  }

  /** Ends all streams, and refuses new ones: for the shutdown of the server. */
  close(): void {
    this.#is_closed = true;
    for (const { stream } of this.#clients()) stream.end();
    for (const id of this.#channels.keys()) this.#drop(id);
    this.#cancelRecheck?.();
  }

  #assertRoom({ workspace_id, filter: { owner } }: StreamRequest): void {
    if (this.#is_closed) throw shuttingDown();
    if (this.#count >= STREAMS_MAX) {
      throw new BellwireError(
        'overloaded',
        `This server has ${STREAMS_MAX} open streams, which is its limit. Close one, or read lists instead.`,
        { retry_after_s: 30 },
      );
    }
    const clients = [...(this.#channels.get(workspace_id)?.clients ?? [])];
    if (owner !== undefined)
      assertPortalRoom(
        clients.map(({ request }) => request),
        owner,
      );
    if (clients.length >= STREAMS_PER_WORKSPACE) {
      throw new BellwireError(
        'too_many_requests',
        `This workspace has ${STREAMS_PER_WORKSPACE} open streams, which is its limit. Close one, or share one among several readers.`,
        { retry_after_s: 30 },
      );
    }
  }

  #clients(): readonly Client[] {
    return [...this.#channels.values()].flatMap(({ clients }) => [...clients]);
  }

  #channelOf({ workspace_id, viewChange }: StreamRequest): Channel {
    const known = this.#channels.get(workspace_id);
    if (known !== undefined) return known;
    const { source, clock } = this.#options;
    this.#opened += 1;
    const history = new ChangeHistory(`${clock.now().toString(36)}${this.#opened.toString(36)}`);
    const clients = new Set<Client>();
    const channel: Channel = {
      history,
      clients,
      cancelRemoval: () => undefined,
      unwatch: source.watch(workspace_id, (changes) => {
        const textFor = history.add(changes.map(viewChange));
        for (const { request, stream } of clients) {
          if (!stream.isBehind) stream.send(textFor(request.filter));
        }
      }),
    };
    this.#channels.set(workspace_id, channel);
    return channel;
  }

  #remove(client: Client, channel: Channel): void {
    if (!channel.clients.delete(client)) return;
    this.#count -= 1;
    if (channel.clients.size > 0 || this.#is_closed) return;
    const { workspace_id } = client.request;
    // Now the last of the idle ones.
    this.#channels.delete(workspace_id);
    this.#channels.set(workspace_id, channel);
    const cancel = this.#options.clock.after(LINGER_MS, () => this.#drop(workspace_id), {
      keeps_alive: false,
    });
    channel.cancelRemoval = cancel;
    const idle = [...this.#channels].filter(([, { clients }]) => clients.size === 0);
    for (const [id] of idle.slice(0, Math.max(0, idle.length - IDLE_CHANNELS_MAX))) this.#drop(id);
  }

  #drop(workspace_id: string): void {
    const channel = this.#channels.get(workspace_id);
    if (channel === undefined) return;
    channel.cancelRemoval();
    channel.unwatch();
    this.#channels.delete(workspace_id);
  }

  /** Keys are deleted and sessions expire without notice. */
  #recheckLater(): void {
    this.#cancelRecheck ??= this.#options.clock.after(RECHECK_MS, () => void this.#recheck(), {
      keeps_alive: false,
    });
  }

  async #recheck(): Promise<void> {
    await Promise.all(
      this.#clients().map(async ({ request, stream }) => {
        if (!(await request.isAllowed().catch(() => true))) stream.end();
      }),
    );
    this.#cancelRecheck = null;
    if (this.#count > 0 && !this.#is_closed) this.#recheckLater();
  }
}
