import type { Bellwire } from '../../packages/server/src/index.ts';
import { ADMIN_KEY, type AnswerBody, type Api } from './running-server.ts';

/** Calls a Bellwire within this process, as a program does that mounts its `fetch`. */
export const withoutSocket =
  ({ fetch }: Bellwire): Api =>
  async (call, body, { key = ADMIN_KEY, headers = {} } = {}) => {
    const [method = '', path = ''] = call.split(' ', 2);
    const request = new Request(`http://127.0.0.1${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await fetch(request);
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      text,
      body: (text.startsWith('{') ? JSON.parse(text) : {}) as AnswerBody,
    };
  };
