import type { RequestHandler } from 'express';
import { type Answer, json, later, send, text } from './answer.ts';
import { type Dialect, dialectOf } from './dialects.ts';
import type { Inbox } from './inbox.ts';
import { type Log, messageOf } from './log.ts';
import { nameOf, parseBody } from './read-event.ts';
import type { Settings } from './settings.ts';
import { headerOf, verify } from './verify.ts';

export interface ReceiveOptions {
  readonly settings: Settings;
  readonly inbox: Inbox;
  readonly log: Log;
  /** Whether the inbox is still the file at its path. */
  readonly isInPlace: () => boolean;
  /** Called when an event is stored. */
  readonly onStored: () => void;
}

/** In the form in which the dialect refuses. */
const badRequest = ({ refused }: Dialect, error: string): Answer =>
  refused.type === 'application/json' ? json(400, { error }) : text(400, error);

const full = later(429, 30, 'Too many events are waiting');
const notStored = later(503, 30, 'The event could not be stored');

/** Verifies a request, stores its event, and only then answers it: what is answered with 200 is on the disk. */
export const receive = ({ settings, inbox, log, isInPlace, onStored }: ReceiveOptions): RequestHandler => {
  const { dialect: name, secrets } = settings;
  const dialect = dialectOf(name);

  return async (request, response) => {
    const received_at = Date.now();
    const { headers, ip: client } = request;
    // Without a body there is nothing that express.raw would have put there.
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);

    const verdict = verify({
      dialect: name,
      secrets,
      headers,
      body: raw,
      now: Math.floor(received_at / 1000),
    });
    if (!verdict.accepted) {
      log('warn', 'refused', { reason: verdict.reason, detail: verdict.detail, client });
      return send(response, dialect.refused);
    }

    const content_type = headerOf(headers, 'content-type');
    const body = parseBody(dialect, content_type, raw);
    const { id, type } = body === null ? { id: '', type: '' } : nameOf(dialect, headers, body);
    if (body === null || id === '') {
      const wrong = body === null ? 'The body is no JSON object' : 'The event has no id';
      log('warn', 'unreadable', { detail: wrong, client });
      return send(response, badRequest(dialect, wrong));
    }

    try {
      if (!isInPlace()) return send(response, notStored);
      if (dialect.pings.includes(type)) {
        log('info', 'pinged', { id, type });
        return send(response, dialect.accepted);
      }
      const outcome = await inbox.store({ id, type, dialect: name, content_type, body: raw, received_at });
      log(outcome === 'full' ? 'warn' : 'info', outcome, { id, type });
      if (outcome === 'full') return send(response, full);
      if (outcome === 'stored') onStored();
      send(response, dialect.accepted);
    } catch (error) {
      log('error', 'not_stored', { id, type, error: messageOf(error) });
      send(response, notStored);
    }
  };
};
