import type { OutboundRequest, SendResult } from '../ports/transport.ts';

// Lists instead of objects, whose field names would be copied with each message: a message costs about half.

/** A request, followed by the names and values of its headers. */
type PostedRequest = readonly [
  ...fixed: [
    id: string,
    url: string,
    method: string,
    body: string,
    timeout_ms: number,
    insecure_ssl: boolean,
    client_certificate: OutboundRequest['client_certificate'],
    isolated: boolean,
    checked_at: number,
  ],
  ...headers: string[],
];

type PostedHeaders = readonly string[];

/** A response, followed by the names and values of its headers. */
type PostedResponse = readonly [
  ...fixed: [status: number, body: string, body_truncated: boolean],
  ...headers: string[],
];

type PostedResult = readonly [
  id: string,
  outcome: SendResult['outcome'],
  remote_address: string | null,
  reused_connection: boolean,
  dns_ms: number | null,
  connect_ms: number | null,
  tls_ms: number | null,
  first_byte_ms: number | null,
  total_ms: number,
  first_headers: PostedHeaders | null,
  last_headers: PostedHeaders | null,
  response: PostedResponse | null,
];

/** Messages to the sender thread: requests, or null to close. */
export type ToSender = readonly PostedRequest[] | null;

/** The first message from the sender thread. */
export const READY = 'ready';

/** Messages from the sender thread. */
export type FromSender = typeof READY | readonly PostedResult[];

const REQUEST_FIELDS = 9;
const RESPONSE_FIELDS = 3;

type Headers = Readonly<Record<string, string>>;

const pushHeaders = (list: string[], headers: Headers): void => {
  for (const name in headers) list.push(name, headers[name] ?? '');
};

const flat = (headers: Headers): PostedHeaders => {
  const list: string[] = [];
  pushHeaders(list, headers);
  return list;
};

/** The headers of a list from an index on. */
const headersFrom = (list: readonly unknown[], first: number): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (let at = first; at < list.length; at += 2) headers[list[at] as string] = list[at + 1] as string;
  return headers;
};

export const postedRequest = (request: OutboundRequest): PostedRequest => {
  const { id, url, method, body, timeout_ms, insecure_ssl, client_certificate, isolated, checked_at } =
    request;
  const posted: PostedRequest = [
    id,
    url,
    method,
    body,
    timeout_ms,
    insecure_ssl,
    client_certificate,
    isolated,
    checked_at,
  ];
  pushHeaders(posted as unknown as string[], request.headers);
  return posted;
};

export const receivedRequest = (posted: PostedRequest): OutboundRequest => {
  const [id, url, method, body, timeout_ms, insecure_ssl, client_certificate, isolated, checked_at] = posted;
  const headers = headersFrom(posted, REQUEST_FIELDS);
  return {
    id,
    url,
    method,
    headers,
    body,
    timeout_ms,
    insecure_ssl,
    client_certificate,
    isolated,
    checked_at,
  };
};

const postedResponse = ({ status, body, body_truncated, headers }: NonNullable<SendResult['response']>) => {
  const posted: PostedResponse = [status, body, body_truncated];
  pushHeaders(posted as unknown as string[], headers);
  return posted;
};

/** A result of a sender that lives: `sender_died` is false. */
export const postedResult = (result: SendResult): PostedResult => {
  const { id, outcome, remote_address, reused_connection, timings, transport_headers, response } = result;
  return [
    id,
    outcome,
    remote_address,
    reused_connection,
    timings.dns_ms,
    timings.connect_ms,
    timings.tls_ms,
    timings.first_byte_ms,
    timings.total_ms,
    transport_headers === null ? null : flat(transport_headers.first),
    transport_headers === null ? null : flat(transport_headers.last),
    response === null ? null : postedResponse(response),
  ];
};

export const receivedResult = (posted: PostedResult): SendResult => {
  const [id, outcome, remote_address, reused_connection, ...rest] = posted;
  const [dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms, first, last, response] = rest;
  return {
    id,
    outcome,
    transport_headers:
      first === null || last === null ? null : { first: headersFrom(first, 0), last: headersFrom(last, 0) },
    response:
      response === null
        ? null
        : {
            status: response[0],
            headers: headersFrom(response, RESPONSE_FIELDS),
            body: response[1],
            body_truncated: response[2],
          },
    timings: { dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms },
    remote_address,
    reused_connection,
    sender_died: false,
  };
};
