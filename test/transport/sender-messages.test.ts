import { expect, it } from 'vitest';
import type { OutboundRequest, SendResult } from '../../packages/server/src/ports/transport.ts';
import {
  postedRequest,
  postedResult,
  receivedRequest,
  receivedResult,
} from '../../packages/server/src/transport/sender-messages.ts';

const request: OutboundRequest = {
  id: 'att_1',
  url: 'https://receiver.example.com/hook',
  method: 'POST',
  headers: { 'user-agent': 'Bellwire', 'webhook-id': 'evt_1', 'x-empty': '' },
  body: '{"type":"order.created"}',
  timeout_ms: 15_000,
  insecure_ssl: true,
  client_certificate: { certificate: 'certificate', key: 'key' },
  isolated: true,
  checked_at: 1_234.5,
};

const result: SendResult = {
  id: 'att_1',
  outcome: { kind: 'http_status', status: 503 },
  transport_headers: { first: { host: 'receiver.example.com' }, last: { 'content-length': '24' } },
  response: {
    status: 503,
    headers: { 'retry-after': '7', 'x-empty': '' },
    body: 'busy',
    body_truncated: true,
  },
  timings: { dns_ms: 1, connect_ms: 2, tls_ms: 3, first_byte_ms: 4, total_ms: 5 },
  remote_address: '192.0.2.1',
  reused_connection: true,
  sender_died: false,
};

it('a request is the same on the other side, with its headers in their order', () => {
  for (const one of [request, { ...request, headers: {}, client_certificate: null, isolated: false }]) {
    const received = receivedRequest(structuredClone(postedRequest(one)));
    expect(received).toStrictEqual(one);
    expect(Object.keys(received.headers)).toEqual(Object.keys(one.headers));
  }
});

it('a result is the same on the other side', () => {
  const unsent: SendResult = {
    ...result,
    outcome: { kind: 'dns_failed', code: 'ENOTFOUND' },
    transport_headers: null,
    response: null,
    timings: { dns_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, total_ms: 5 },
    remote_address: null,
    reused_connection: false,
  };
  const delete_request: SendResult = { ...result, transport_headers: { first: { host: 'a' }, last: {} } };
  for (const one of [result, unsent, delete_request]) {
    expect(receivedResult(structuredClone(postedResult(one)))).toStrictEqual(one);
  }
});
