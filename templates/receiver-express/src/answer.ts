import type { ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
  /** In seconds: when the sender should try again. */
  readonly retry_after?: number;
}

export const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

export const text = (status: number, body: string): Answer => ({
  status,
  ...(body === '' ? {} : { type: 'text/plain; charset=utf-8' }),
  body,
});

export const later = (status: number, retry_after: number, error: string): Answer => ({
  ...json(status, { error }),
  retry_after,
});

export const send = (response: ServerResponse, { status, type, body, retry_after }: Answer): void => {
  response.statusCode = status;
  if (type !== undefined) response.setHeader('content-type', type);
  if (retry_after !== undefined) response.setHeader('retry-after', retry_after);
  response.end(body);
};
