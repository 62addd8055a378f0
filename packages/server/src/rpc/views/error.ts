import { z } from 'zod';
import type { ErrorCode, Issue } from '../../core/errors.ts';
import { described } from '../fields.ts';

/** Codes of startup errors. No call returns them. */
type StartCode =
  | 'config_invalid'
  | 'port_taken'
  | 'folder_unwritable'
  | 'database_in_use'
  | 'database_unreachable'
  | 'database_newer'
  | 'database_incompatible'
  | 'database_not_durable'
  | 'wrong_encryption_key'
  | 'key_file_exposed'
  | 'database_incomplete'
  | 'database_not_migrated'
  | 'backup_failed'
  | 'move_failed';

export type AnsweredCode = Exclude<ErrorCode, StartCode>;

interface Meaning {
  readonly meaning: string;
  readonly message: string;
  readonly issues?: readonly Issue[];
}

const PRIVATE_ADDRESS =
  "The URL's host 10.0.0.7 is not a public address, and by default Bellwire does not send to private, local or reserved networks. If this receiver is yours, start Bellwire with its network in BELLWIRE_ALLOW_NETWORKS, such as 10.0.0.7/32. Addresses of cloud metadata services remain blocked.";

/** The meaning of each error code that calls can return, with an example message. */
export const ANSWERED_CODES: Readonly<Record<AnsweredCode, Meaning>> = {
  invalid_json: {
    meaning: 'The body is not valid JSON or is nested too deeply.',
    message: "The body is not valid JSON: expected ',' or '}' after property value, at line 1 column 13.",
  },
  invalid_utf8: { meaning: 'The body is not valid UTF-8.', message: 'The body is not valid UTF-8.' },
  number_not_representable: {
    meaning: 'A number cannot be represented exactly in JavaScript.',
    message: 'The number 9007199254740993 cannot be represented exactly in JavaScript. Send it as a string.',
  },
  invalid_cursor: {
    meaning: 'The cursor is invalid.',
    message:
      'The cursor is invalid. Pass the next_cursor of the previous page, or omit it for the first page.',
  },
  unauthenticated: {
    meaning: 'The API key is missing or unknown.',
    message: 'This call requires an API key. Send it as the header "Authorization: Bearer <key>".',
  },
  forbidden: {
    meaning: 'The API key does not allow this call or this workspace.',
    message: 'This call requires an API key with the scope "admin"; this one has "send".',
  },
  not_found: {
    meaning: 'The requested object does not exist in this workspace, or the workspace does not exist.',
    message: 'There is no hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc in this workspace.',
  },
  method_not_allowed: {
    meaning: 'The path does not support this method.',
    message: '/v1/events supports GET, POST, not PUT.',
  },
  idempotency_conflict: {
    meaning: 'The idempotency key was used for a different event.',
    message:
      'This idempotency key was already used for a different event (evt_01jd7b1c8r4n6s2y0p5h9g3kmd). Send the same body again, or use a new key.',
  },
  not_validated: {
    meaning: 'The dialect requires validation before the hook can be active.',
    message:
      'A hook of the dialect "casesolved" must be validated before it can be active. Call POST /v1/webhooks/{id}/validate, then activate it.',
  },
  hook_not_active: {
    meaning: 'The hook is not active, so deliveries would only be held again.',
    message:
      'The hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc is paused, so its deliveries would be held again. Activate it first.',
  },
  already_exists: {
    meaning: 'The name is already used.',
    message: 'A workspace "acme" already exists. Choose another name.',
  },
  in_use: {
    meaning: 'The object is still in use.',
    message:
      'This workspace still has hooks, events or API keys. Delete its hooks and keys; its events are deleted when their retention ends.',
  },
  catalog_full: {
    meaning: 'The workspace has reached the limit of its catalog: 1,000 event types, or 4 MiB of schemas.',
    message:
      'The event type "order.paid" was not stored: a workspace has at most 1000 event types, and this one has as many. Delete types that you no longer send, use another workspace, or send events of this type without an entry in the catalog.',
  },
  delivery_canceled: {
    meaning: 'The delivery was canceled; `failure_reason` shows why.',
    message: 'The delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna cannot be sent again: its hook was deleted.',
  },
  delivery_in_flight: {
    meaning: 'The delivery is being sent.',
    message:
      'The delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna is being sent right now. Try again in a few seconds.',
  },
  not_ordered: {
    meaning: 'The delivery has no place in an order, so it cannot be skipped.',
    message:
      'The delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna has no place in the order of its hook, so no other delivery waits for it.',
  },
  payload_expired: {
    meaning: 'The payload of the event was removed after `BELLWIRE_PAYLOAD_RETENTION`.',
    message:
      'The delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna cannot be sent again: the payload of its event was removed after BELLWIRE_PAYLOAD_RETENTION. Send a new event.',
  },
  payload_too_large: {
    meaning: 'The body is larger than 1 MiB.',
    message: 'The body is larger than 1 MiB. Send less, or send a link to it.',
  },
  unsupported_media_type: {
    meaning: 'The content type is not `application/json`.',
    message: 'The body must be JSON. Send the header "Content-Type: application/json".',
  },
  ambiguous_host: {
    meaning: 'The request has several `Host` headers.',
    message: 'The request has several Host headers. Send exactly one.',
  },
  host_refused: {
    meaning:
      'The server listens on loopback only and does not know the host of the request. Set `BELLWIRE_PUBLIC_URL`.',
    message:
      'This server listens on 127.0.0.1 and was addressed as "hooks.example.com". It answers only to names of this machine, such as localhost and 127.0.0.1, because web pages could otherwise reach it under a name of their own (DNS rebinding). If people or programs use this name, for example through a proxy, start Bellwire with it in BELLWIRE_PUBLIC_URL, such as https://webhooks.example.com.',
  },
  invalid_input: {
    meaning: 'A field is missing, invalid or unknown. `issues` lists each one.',
    message: 'limit: must be at most 1000, not 5000.',
    issues: [{ path: 'limit', message: 'must be at most 1000, not 5000' }],
  },
  unknown_event_type: {
    meaning: 'The workspace is strict and its catalog does not contain the event type.',
    message:
      'The workspace is strict and its catalog has no event type "order.creatd". Add it with PUT /v1/event-types/order.creatd, or correct the name.',
    issues: [{ path: 'type', message: 'is not in the catalog' }],
  },
  reserved_event_type: {
    meaning: 'The event type begins with `bellwire.`, which is reserved for operational events.',
    message:
      '"bellwire.order" is reserved: types that begin with "bellwire." are for the events that Bellwire sends about its own operation. Choose a name with another beginning.',
    issues: [{ path: 'type', message: 'must not begin with "bellwire."' }],
  },
  schema_violation: {
    meaning: 'The data does not match the schema of its event type. `issues` lists the errors.',
    message: 'The data does not match the schema of order.created: data must have the property "order_id".',
    issues: [{ path: 'data', message: 'must have the property "order_id"' }],
  },
  schema_invalid: {
    meaning: 'The schema is invalid or not supported. `issues` lists the reasons.',
    message: 'The schema of order.created cannot be used: type must be equal to one of the allowed values.',
    issues: [{ path: 'schema.type', message: 'must be equal to one of the allowed values' }],
  },
  schema_too_slow: {
    meaning:
      'The data could not be checked against the schema of its event type within a second. Simplify the schema, or send less data.',
    message:
      'The data could not be checked against the schema of "order.created" within 1 s, so nothing was stored. A pattern that matches the same text in many ways, "uniqueItems" for a long array, or many references take that long. Simplify the schema with PUT /v1/event-types/order.created, or send less data.',
    issues: [{ path: 'data', message: 'could not be checked within 1 s' }],
  },
  example_required: {
    meaning: 'No valid data could be generated from the schema of the event type. Store an example.',
    message:
      'No valid data could be generated from the schema of "order.created". Store an example with PUT /v1/event-types/order.created, or pass data.',
  },
  url_refused: {
    meaning: 'The URL targets a blocked address.',
    message: `url: ${PRIVATE_ADDRESS}`,
    issues: [{ path: 'url', message: PRIVATE_ADDRESS }],
  },
  headers_required: {
    meaning: 'The change moves the hook to another origin without saying what happens to its header values.',
    message:
      'headers: is required: the hook has header values, which were given for the old origin of its URL. Give them again for the new one, or {} to drop them.',
    issues: [
      {
        path: 'headers',
        message:
          'is required: the hook has header values, which were given for the old origin of its URL. Give them again for the new one, or {} to drop them',
      },
    ],
  },
  secret_required: {
    meaning:
      'The change moves a hook whose requests contain its secret to another origin without that secret.',
    message:
      'secret: is required: the requests of this hook contain its secret, which the old origin of its URL knows. Give the secret for the new one (the same or another), or null to remove it.',
    issues: [
      {
        path: 'secret',
        message:
          'is required: the requests of this hook contain its secret, which the old origin of its URL knows. Give the secret for the new one (the same or another), or null to remove it',
      },
    ],
  },
  too_many_hooks: {
    meaning: 'The tenant or the workspace has its maximum number of hooks.',
    message:
      'The tenant cus_42 has 1000 hooks, its maximum. Nothing was created. Delete hooks that are no longer needed, or raise `limits.max_hooks` of the tenant: PATCH /v1/tenants/cus_42.',
  },
  too_many_requests: {
    meaning: 'Too many calls wait for the receiver of this hook. Retry after `Retry-After`.',
    message:
      '8 calls already wait for the receiver of the hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc. Nothing was sent; try again when they have ended.',
  },
  internal: {
    meaning: 'Unexpected server error. See the server log for details.',
    message: 'Unexpected server error. See the server log for details.',
  },
  storage_failed: {
    meaning:
      'The database could not be read or written, or it does not answer. Retry after `Retry-After`. Unless the message says that nothing was stored, an event may have been: repeat it with the same idempotency key, which never stores it twice.',
    message: 'The database could not be written (the disk is full). Nothing was stored; try again later.',
  },
  storage_broken: {
    meaning:
      'The database file can no longer be trusted, and the server ends. Whether this call was stored is unknown; retry it with the same idempotency key.',
    message:
      'The database could not be written and cannot be trusted until it is opened again (SQLITE_IOERR_FSYNC). Nothing was stored; restart the server.',
  },
  overloaded: {
    meaning:
      'Too many calls are waiting, or a list or count took too long. Retry after `Retry-After`; use narrower filters for lists.',
    message: 'Events arrive faster than they can be sent. Nothing was stored; try again after a second.',
  },
  shutting_down: {
    meaning: 'The server is stopping. Retry after `Retry-After`.',
    message: 'The server is shutting down. Nothing was stored; try again.',
  },
};

export const issueView = z
  .object({
    path: described(
      z.string(),
      'The path of the invalid field, with dots; empty for the whole input.',
      'limit',
    ),
    message: described(z.string(), 'Why it is invalid.', 'must be at most 1000, not 5000'),
  })
  .meta({ id: 'Issue', description: 'An issue of an input.' });

/** The response of every failed call. */
export const errorView = z
  .object({
    error: z.object({
      code: described(
        z.enum(Object.keys(ANSWERED_CODES) as AnsweredCode[]),
        'The error code, for programs. Codes keep their meaning; new codes can be added.',
        'invalid_input',
      ),
      message: described(
        z.string(),
        'What happened, why, and what to do next.',
        ANSWERED_CODES.invalid_input.message,
      ),
      issues: z.array(issueView).optional().meta({ description: 'The invalid fields.' }),
    }),
  })
  .meta({ id: 'Error', description: 'Why a call failed.' });
