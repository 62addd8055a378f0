import { expect, it } from 'vitest';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { startReceiver } from '../support/receiver.ts';
import { keepForFile, startServer } from '../support/running-server.ts';

const server = await keepForFile(startServer());
const FORM = 'application/x-www-form-urlencoded';

const received = async (content_type: string) => {
  await using receiver = await startReceiver();
  const hook = await server.addHook(receiver.origin, { dialect: 'activities', content_type });
  expect(hook).toMatchObject({ content_type });
  await server.send({ data: { a: 'ä' }, hook_ids: [hook.id] });
  const { body, raw_headers } = await receiver.next();
  const labels = raw_headers.filter(([name]) => name.toLowerCase() === 'content-type');
  return { label: labels.map(([, value]) => value), body: body.toString() };
};

it.each([
  'application/json',
  'application/json; charset=utf-8',
  'application/vnd.acme+json;v=2',
  'text/plain;charset="utf-8" ; note="a \\" b"',
  "x!#$%&'*+-.^_`|~/y",
  `application/${'x'.repeat(116)}`,
])('activities sends its JSON body with the media type %s', async (content_type) => {
  const { label, body } = await received(content_type);
  expect(label).toEqual([content_type]);
  expect(JSON.parse(body)).toMatchObject({ event: 'a', data: { a: 'ä' } });
});

it.each([FORM, `${FORM}; charset=utf-8`, 'Application/X-WWW-Form-Urlencoded'])(
  'activities sends %s as a form',
  async (content_type) => {
    const { label, body } = await received(content_type);
    expect(label).toEqual([content_type]);
    expect(JSON.parse(new URLSearchParams(body).get('payload')!)).toMatchObject({ data: { a: 'ä' } });
  },
);

const RULE =
  'must be a media type of 128 characters at most, such as application/json or text/plain; charset=utf-8';

it.each([
  '',
  'json',
  'application/',
  '/json',
  'a/b/c',
  'application/json,text/plain',
  'application/json;',
  'application/json; charset',
  'application/json; charset =utf-8',
  'application/json; charset="utf-8',
  'application/json\r\nX-Evil: 1',
  'application/json; a=ä',
  ' application/json',
  `application/${'x'.repeat(117)}`,
  7,
])('%j is not a media type', async (content_type) => {
  const hook = await server.addHook('https://receiver.example.com/', { dialect: 'activities' });
  const new_hook = { url: 'https://receiver.example.com/', events: ['*'], dialect: 'activities' };
  for (const answer of [
    await server.api('POST /v1/webhooks', { ...new_hook, content_type }),
    await server.api(`PATCH /v1/webhooks/${hook.id}`, { content_type }),
  ]) {
    expect(answer.status).toBe(422);
    expect(answer.body.error.issues).toEqual([{ path: 'content_type', message: RULE }]);
  }
});

it.each([...createDialects().keys()].filter((name) => name !== 'activities'))(
  '%s takes only its own content types',
  async (dialect) => {
    const url = 'https://receiver.example.com/';
    const { status, body } = await server.api('POST /v1/webhooks', {
      url,
      events: ['*'],
      dialect,
      content_type: 'text/plain',
    });
    expect([status, body.error.issues]).toEqual([
      422,
      [{ path: 'content_type', message: expect.stringMatching(/^must be one of application\/json/) }],
    ]);
  },
);
