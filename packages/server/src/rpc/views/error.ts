import { z } from 'zod';
import type { ErrorCode, Issue } from '../../core/errors.ts';
import { described } from '../fields.ts';

/** Codes that only the start of a server gives: no call ever answers them. */
type StartCode =
  | 'config_invalid'
  | 'port_taken'
  | 'folder_unwritable'
  | 'database_in_use'
  | 'database_newer'
  | 'database_incompatible'
  | 'database_not_durable'
  | 'wrong_encryption_key';

export type AnsweredCode = Exclude<ErrorCode, StartCode>;

interface Meaning {
  readonly meaning: string;
  readonly message: string;
  readonly issues?: readonly Issue[];
}

const PRIVATE_ADDRESS =
  "The URL's host 10.0.0.7 is not a public address, and by default Bellwire does not send to private, local or reserved networks. If this receiver is yours, start Bellwire with its network in BELLWIRE_ALLOW_NETWORKS, such as 10.0.0.7/32. Addresses of cloud metadata services remain blocked.";

/** What each code that a call can answer means, with a message that comes with it. */
export const ANSWERED_CODES: Readonly<Record<AnsweredCode, Meaning>> = {
  invalid_json: {
    meaning: 'The body is not JSON, or nested too deeply.',
    message: "The body is not valid JSON: expected ',' or '}' after property value, at line 1 column 13.",
  },
  invalid_utf8: { meaning: 'The body is not UTF-8.', message: 'The body is not valid UTF-8.' },
  number_not_representable: {
    meaning: 'A number would lose its value in JavaScript.',
    message:
      'The number 9007199254740993 cannot be kept exactly: JavaScript would change its value. Send it as a string.',
  },
  invalid_cursor: {
    meaning: 'The cursor is not one that a list gave out.',
    message:
      'This cursor was not made by Bellwire. Hand back the next_cursor of the page before, or leave it out for the first page.',
  },
  unauthenticated: {
    meaning: 'There is no API key, or none that is known.',
    message: 'This call needs an API key. Send it as the header "Authorization: Bearer <key>".',
  },
  forbidden: {
    meaning: 'The API key may not do this, or not in this workspace.',
    message: 'This call needs an API key with the scope "admin"; this one has "send".',
  },
  not_found: {
    meaning: 'Something that the call names does not exist in this workspace, or the workspace itself.',
    message: 'There is no hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc in this workspace.',
  },
  method_not_allowed: {
    meaning: 'The path is known, but not with this method.',
    message: '/v1/events takes GET, POST, not PUT.',
  },
  idempotency_conflict: {
    meaning: 'The idempotency key was used for another event.',
    message:
      'This idempotency key was already used for a different event (evt_01jd7b1c8r4n6s2y0p5h9g3kmd). Send the same body again, or use a new key.',
  },
  not_validated: {
    meaning: 'The dialect wants the receiver validated before the hook is active.',
    message:
      'A hook of the dialect "casesolved" must be validated before it can be active. Call POST /v1/webhooks/{id}/validate, then activate it.',
  },
  hook_not_active: {
    meaning: 'What would be sent again would only be held again.',
    message:
      'The hook wh_01jd7a9f3k5w2q8z6m4v0t7xbc is paused, so its deliveries would be held again. Activate it first.',
  },
  already_exists: {
    meaning: 'The name is taken.',
    message: 'There is a workspace "acme" already. Choose another name.',
  },
  in_use: {
    meaning: 'Something still needs it.',
    message:
      'This workspace still has hooks, events or API keys. Delete its hooks and keys; its events go when their retention ends.',
  },
  delivery_canceled: {
    meaning: 'The hook was deleted.',
    message: 'The delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna cannot be sent again: its hook was deleted.',
  },
  delivery_in_flight: {
    meaning: 'The delivery is being sent at this moment.',
    message:
      'The delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna is being sent right now. Try again in a few seconds.',
  },
  payload_too_large: {
    meaning: 'The body is larger than 1 MiB.',
    message: 'The body is larger than 1 MiB. Send less, or send a link to it.',
  },
  unsupported_media_type: {
    meaning: 'The body does not say that it is JSON.',
    message: 'The body must be JSON and say so. Send the header "Content-Type: application/json".',
  },
  invalid_input: {
    meaning: 'A field is missing, wrong or unknown; `issues` names each.',
    message: 'limit: Too big: expected number to be <=1000.',
    issues: [{ path: 'limit', message: 'Too big: expected number to be <=1000' }],
  },
  unknown_event_type: {
    meaning: 'The workspace is strict and its catalog does not have the event type.',
    message:
      'The workspace is strict and its catalog has no event type "order.creatd". Add it with PUT /v1/event-types/order.creatd, or correct the name.',
    issues: [{ path: 'type', message: 'is not in the catalog' }],
  },
  schema_violation: {
    meaning: 'The data does not fit the schema of its event type; `issues` says where.',
    message: 'The data does not match the schema of order.created: data must have the property "order_id".',
    issues: [{ path: 'data', message: 'must have the property "order_id"' }],
  },
  schema_invalid: {
    meaning: 'The schema is not one that data can be checked against; `issues` says why.',
    message: 'The schema of order.created cannot be used: type must be equal to one of the allowed values.',
    issues: [{ path: 'schema.type', message: 'must be equal to one of the allowed values' }],
  },
  url_refused: {
    meaning: 'The URL leads where this server does not send.',
    message: `url: ${PRIVATE_ADDRESS}`,
    issues: [{ path: 'url', message: PRIVATE_ADDRESS }],
  },
  internal: {
    meaning: 'Something went wrong that nobody thought of. The log has the details.',
    message: 'Something went wrong on our side. The server log has the details.',
  },
  storage_failed: {
    meaning: 'The database could not be written or read. Nothing was stored: send it again.',
    message: 'The database could not be written (the disk is full). Nothing was stored; try again later.',
  },
  storage_broken: {
    meaning: 'The database cannot be trusted any more. Nothing was stored: send it again.',
    message:
      'The database could not be written and cannot be trusted until it is opened again (SQLITE_IOERR_FSYNC). Nothing was stored; restart the server.',
  },
  overloaded: {
    meaning:
      'Too many calls are waiting, or a list or a count took too long. Send it again after `Retry-After`; narrow the filter of a list.',
    message: 'Events arrive faster than they can be sent. Nothing was stored; try again after a second.',
  },
  shutting_down: {
    meaning: 'The server is stopping. Send it again after `Retry-After`.',
    message: 'The server is shutting down. Nothing was stored; try again.',
  },
};

export const issueView = z
  .object({
    path: described(z.string(), 'The wrong field, dotted; empty for the input as a whole.', 'limit'),
    message: described(z.string(), 'What is wrong with it.', 'Too big: expected number to be <=1000'),
  })
  .meta({ id: 'Issue', description: 'One thing that is wrong with an input.' });

/** What every call answers that was refused or failed. */
export const errorView = z
  .object({
    error: z.object({
      code: described(
        z.enum(Object.keys(ANSWERED_CODES) as AnsweredCode[]),
        'What happened, for programs. A code keeps its meaning; more can be added.',
        'invalid_input',
      ),
      message: described(
        z.string(),
        'What happened, why, and what to do next, for people.',
        ANSWERED_CODES.invalid_input.message,
      ),
      issues: z.array(issueView).optional().meta({ description: 'Every field that is wrong.' }),
    }),
  })
  .meta({ id: 'Error', description: 'Why a call was refused or failed.' });
