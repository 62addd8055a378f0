import { z } from 'zod';
import { HIDDEN_VALUE } from '../../core/custom-headers.ts';
import type { StoredAttempt } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

export const trigger = described(
  z.enum(['scheduled', 'manual', 'ping', 'test', 'validate']),
  'Why it is made: by the schedule, by hand, or to try the hook out.',
  'scheduled',
);

const milliseconds = { type: ['number', 'null'] } as const;

const timings = z
  .custom<StoredAttempt['timings']>(() => true)
  .meta({
    type: ['object', 'null'],
    description:
      'How long each part took, in milliseconds, null for a part that was not reached; null where nothing was measured.',
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
    id: described(z.string(), 'Its id.', EXAMPLE.attempt_id),
    number: described(z.int(), 'Its place in the delivery, from 1.', 1),
    trigger,
    outcome: described(
      z.string(),
      '`succeeded`, `http_status`, `timeout`, `connection_failed`, `tls_failed`, `dns_failed`, `address_blocked`, `response_invalid` or `interrupted`.',
      'succeeded',
    ),
    outcome_detail: described(
      z.string().nullable(),
      'The status of `http_status`, the phase of `timeout`, the code of the others.',
      null,
    ),
    started_at: shownTime('When it began.'),
    duration_ms: described(z.number(), 'How long it took, in milliseconds.', 62.4),
    timings,
    remote_address: described(
      z.string().nullable(),
      'The IP address that the connection went to; null when there was none.',
      '203.0.113.7',
    ),
    request: z
      .object({
        method: described(z.string(), 'The HTTP method.', 'POST'),
        url: described(z.string(), 'Where it went.', EXAMPLE.url),
        headers: described(
          z.record(z.string(), z.string()),
          `As sent, with \`${HIDDEN_VALUE}\` in the place of values that are secrets.`,
          {
            'content-type': 'application/json',
            'webhook-id': EXAMPLE.event_id,
            'webhook-timestamp': '1795257000',
            'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
          },
        ),
        body: described(
          z.string(),
          'Byte for byte what was sent.',
          `{"type":"${EXAMPLE.event_type}","timestamp":"${EXAMPLE.time}","data":${JSON.stringify(EXAMPLE.data)}}`,
        ),
      })
      .nullable()
      .meta({ description: 'What was sent; null when nothing was.' }),
    response: z
      .object({
        status: described(z.int(), 'The HTTP status.', 200),
        headers: described(z.record(z.string(), z.string()), 'As they came, in lower case.', {
          'content-type': 'text/plain',
        }),
        body: described(z.string(), 'The beginning of the body.', 'ok'),
        body_truncated: described(z.boolean(), 'Whether there was more of it.', false),
      })
      .nullable()
      .meta({ description: 'What came back; null when nothing did.' }),
  })
  .meta({ id: 'Attempt', description: 'One HTTP request and what came back. It never changes.' });

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
