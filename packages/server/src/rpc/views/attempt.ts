import { z } from 'zod';
import { triggers } from '../../core/event.ts';
import { HIDDEN_VALUE } from '../../core/custom-headers.ts';
import type { StoredAttempt } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const trigger = described(
  z.enum(triggers),
  'What triggered it: the schedule, a manual retry, a recovery, or a ping, test or validation.',
  'scheduled',
);

const milliseconds = { type: ['number', 'null'] } as const;

const timings = z
  .custom<StoredAttempt['timings']>(() => true)
  .meta({
    type: ['object', 'null'],
    description:
      'Duration of each phase in milliseconds, null for phases that were not reached. Null when nothing was measured.',
    properties: {
      dns_ms: milliseconds,
      connect_ms: milliseconds,
      tls_ms: milliseconds,
      first_byte_ms: milliseconds,
      total_ms: { type: 'number' },
      reused_connection: { type: 'boolean' },
    },
    required: ['dns_ms', 'connect_ms', 'tls_ms', 'first_byte_ms', 'total_ms', 'reused_connection'],
    examples: [
      {
        dns_ms: 3.1,
        connect_ms: 11.8,
        tls_ms: 24.6,
        first_byte_ms: 61.2,
        total_ms: 62.4,
        reused_connection: false,
      },
    ],
  });

export const attemptView = z
  .object({
    id: described(z.string(), 'The id.', EXAMPLE.attempt_id),
    number: described(z.int(), 'The number of the attempt within its delivery, starting at 1.', 1),
    trigger,
    outcome: described(
      z.string(),
      '`succeeded`, `http_status`, `timeout`, `connection_failed`, `tls_failed`, `dns_failed`, `address_blocked`, `response_invalid` or `interrupted`.',
      'succeeded',
    ),
    outcome_detail: described(
      z.string().nullable(),
      'The status for `http_status`, the phase for `timeout`, the error code for others.',
      null,
    ),
    started_at: shownTime('When it started.'),
    duration_ms: described(z.number(), 'Duration in milliseconds.', 62.4),
    timings,
    remote_address: described(
      z.string().nullable(),
      'The IP address of the connection; null without a connection.',
      '203.0.113.7',
    ),
    request: z
      .object({
        method: described(z.string(), 'The HTTP method.', 'POST'),
        url: described(z.string(), 'The request URL.', EXAMPLE.url),
        headers: described(
          z.record(z.string(), z.string()),
          `The request headers as they were sent, in their order. Secret values are shown as \`${HIDDEN_VALUE}\`. \`host\`, \`connection\` and \`content-length\` are absent if no request was written.`,
          {
            host: 'shop.example.com',
            connection: 'keep-alive',
            'user-agent': 'Bellwire/1.0.0',
            'content-type': 'application/json',
            'accept-encoding': 'identity',
            'webhook-id': EXAMPLE.event_id,
            'webhook-timestamp': '1795257000',
            'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
            'content-length': '111',
          },
        ),
        body: described(
          z.string().nullable(),
          'The request body, byte for byte; null after the payload of the event was removed.',
          `{"type":"${EXAMPLE.event_type}","timestamp":"${EXAMPLE.time}","data":${JSON.stringify(EXAMPLE.data)}}`,
        ),
      })
      .nullable()
      .meta({ description: 'The request; null when nothing was sent.' }),
    response: z
      .object({
        status: described(z.int(), 'The HTTP status.', 200),
        headers: described(z.record(z.string(), z.string()), 'The response headers, with lower-case names.', {
          'content-type': 'text/plain',
        }),
        body: described(
          z.string().nullable(),
          'The beginning of the response body; null after the payload of the event was removed.',
          'ok',
        ),
        body_truncated: described(z.boolean(), 'Whether the body was longer.', false),
      })
      .nullable()
      .meta({ description: 'The response; null when none was received.' }),
  })
  .meta({ id: 'Attempt', description: 'One HTTP request and its response. Attempts never change.' });

const viewRequest = (request: StoredAttempt['request']): z.infer<typeof attemptView>['request'] =>
  request === null
    ? null
    : {
        ...request,
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : HIDDEN_VALUE,
          ]),
        ),
      };

export const viewAttempt = (attempt: StoredAttempt): z.infer<typeof attemptView> => ({
  id: attempt.id,
  number: attempt.number,
  trigger: attempt.trigger,
  outcome: attempt.outcome,
  outcome_detail: attempt.outcome_detail,
  started_at: iso(attempt.started_at),
  duration_ms: attempt.duration_ms,
  timings: attempt.timings === null ? null : { ...attempt.timings },
  remote_address: attempt.remote_address,
  request: viewRequest(attempt.request),
  response:
    attempt.response === null ? null : { ...attempt.response, headers: { ...attempt.response.headers } },
});
