import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DialectName } from '../src/dialects.ts';
import { requestOf, senderNames } from './support/senders.ts';
import { startTestReceiver } from './support/test-receiver.ts';

interface Answers {
  readonly accepted: readonly [status: number, text: string, type: string | null];
  readonly refused: readonly [status: number, text: string];
  /** What the handler gets of the data `{ n: 1 }` sent as type `thing.made`. */
  readonly data: unknown;
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const asJson = {
  accepted: [200, '{"status":"received"}', JSON_TYPE],
  refused: [401, '{"error":"Invalid signature"}'],
} as const;
const asText = { accepted: [200, '', null], refused: [401, 'Invalid signature'] } as const;

const table: Readonly<Record<DialectName, Answers>> = {
  standard: { ...asJson, data: { n: 1 } },
  svix: { ...asJson, data: { type: 'thing.made', n: 1 } },
  q2: { ...asText, data: { n: 1 } },
  'resource-api': { ...asJson, data: { n: 1 } },
  connect2print: { ...asText, data: { n: 1 } },
  activities: {
    accepted: [200, '', null],
    refused: [500, 'Could not verify the request signature.'],
    data: { n: 1 },
  },
  casesolved: { accepted: [200, 'OK', TEXT_TYPE], refused: [401, 'Unauthorized'], data: { n: 1 } },
  github: { ...asJson, data: { n: 1 } },
  stripe: { ...asJson, data: { n: 1 } },
  shopify: { ...asJson, data: { n: 1 } },
  slack: { ...asJson, data: { type: 'thing.made', n: 1 } },
};

const sent = { id: 'evt_1', type: 'thing.made', data: { n: 1 } };

for (const dialect of senderNames) {
  const { accepted, refused, data } = table[dialect];
  const environment = { WEBHOOK_DIALECT: dialect };

  await test(`${dialect}: an event is answered as its senders expect, and handled with its id, type and data`, async (t) => {
    const receiver = await startTestReceiver(t, { environment });
    const response = await receiver.send(requestOf(dialect, sent));
    const { status, text, headers } = response;
    assert.deepEqual([status, text, headers.get('content-type')], accepted);
    await receiver.log.until('handled');
    const [event] = receiver.handled;
    assert.deepEqual({ id: event?.id, type: event?.type, data: event?.data }, { ...sent, data });
    assert.deepEqual(event?.previous_data, dialect === 'resource-api' ? { a: 0 } : undefined);
  });

  await test(`${dialect}: a request under another secret is refused as its senders expect, and not handled`, async (t) => {
    const receiver = await startTestReceiver(t, { environment });
    const { status, text } = await receiver.send(requestOf(dialect, sent, 'another secret'));
    assert.deepEqual([status, text], refused);
    assert.equal(
      receiver.log.lines.find(({ event }) => event === 'refused')?.['reason'],
      'signature_mismatch',
    );
    assert.equal((await receiver.health()).body['waiting'], 0);
    assert.equal(receiver.handled.length, 0);
  });

  await test(`${dialect}: while the secret rotates, the old one is accepted too`, async (t) => {
    const rotating = { ...environment, WEBHOOK_PREVIOUS_SECRETS: 'older, another secret' };
    const receiver = await startTestReceiver(t, { environment: rotating });
    assert.equal((await receiver.send(requestOf(dialect, sent, 'another secret'))).status, 200);
    assert.equal((await receiver.send(requestOf(dialect, { ...sent, id: 'evt_2' }))).status, 200);
  });
}

const pings = [
  ['standard', 'ping'],
  ['q2', 'Ping'],
  ['resource-api', 'ping'],
  ['connect2print', 'ping'],
  ['activities', 'ping'],
  ['casesolved', 'Webhook Validate'],
  ['casesolved', 'ping'],
  ['github', 'ping'],
  ['stripe', 'ping'],
  ['shopify', 'ping'],
] as const;

for (const [dialect, type] of pings) {
  await test(`${dialect}: ${type} is answered like an event, and neither stored nor handled`, async (t) => {
    const receiver = await startTestReceiver(t, { environment: { WEBHOOK_DIALECT: dialect } });
    const { status, text } = await receiver.send(requestOf(dialect, { ...sent, type }));
    assert.deepEqual([status, text], table[dialect].accepted.slice(0, 2));
    assert.equal(receiver.log.count('pinged'), 1);
    assert.equal(
      receiver.inTheFile((db) => db.prepare('select count(*) from events').pluck().get()),
      0,
    );
  });
}

for (const dialect of senderNames) {
  const takesAll = ['standard', 'activities', 'github'].includes(dialect);
  const methods = takesAll ? ['POST', 'PUT', 'PATCH', 'DELETE'] : ['POST'];

  await test(`${dialect}: takes ${methods.join(', ')} and nothing else, at its own path and nowhere else`, async (t) => {
    const receiver = await startTestReceiver(t, { environment: { WEBHOOK_DIALECT: dialect } });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const request = { ...requestOf(dialect, { ...sent, id: `by ${method}` }), method };
      const { status, headers } = await receiver.send(request);
      assert.equal(status, methods.includes(method) ? 200 : 405, method);
      if (status === 405) assert.equal(headers.get('allow'), methods.join(', '));
    }
    assert.equal((await receiver.send({ ...requestOf(dialect, sent), path: '/elsewhere' })).status, 404);
  });
}
