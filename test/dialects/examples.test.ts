import { expect, test } from 'vitest';
import { checkData } from '../support/schemas.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { keepForFile, startServer } from '../support/running-server.ts';
import { startReceiver } from '../support/receiver.ts';
import { isSignedWith } from '../support/signature-checks.ts';
import { startTlsFront } from '../support/tls-front.ts';

const server = await keepForFile(startServer());
const dialects = [...createDialects().values()];
const SECRET = 'super-secret-key-of-the-table';

test('five dialects have a catalog', () => {
  expect(dialects.filter(({ catalog }) => catalog.length > 0).map(({ name }) => name)).toEqual([
    'q2',
    'resource-api',
    'connect2print',
    'activities',
    'casesolved',
  ]);
});

test.each(dialects.filter(({ catalog }) => catalog.length > 0))(
  '$name: every type has valid examples, and its test event reaches a receiver, which accepts it',
  async ({ name: dialect, catalog, handshake }) => {
    await using receiver = await startReceiver();
    await using front = await startTlsFront(Number(new URL(receiver.origin).port));
    const { body: workspace } = await server.api('POST /v1/workspaces', { name: dialect, dialect });
    const headers = { 'bellwire-workspace': workspace.id };
    const hook = { secret: SECRET, insecure_ssl: true };
    const { id } = await server.addHook(front.origin, hook, { headers });
    // The ping.
    if (handshake === 'ping') await receiver.next();
    for (const { name, schema, example, previous_example } of catalog) {
      expect([name, example]).toEqual([name, expect.any(Object)]);
      for (const data of [example, previous_example]) {
        if (schema === undefined || data === undefined) continue;
        expect([name, checkData(schema, data)]).toEqual([name, []]);
      }
      const sent = await server.api(`POST /v1/webhooks/${id}/test`, { event_type: name }, { headers });
      expect([name, sent.body]).toMatchObject([name, { success: true }]);
      const call = await receiver.next();
      const body = call.body.toString();
      const text = JSON.stringify(example);
      // q2 puts the data beside the hook.
      expect(body).toContain(dialect === 'q2' ? text.slice(1, -1) : `"data":${text}`);
      if (previous_example !== undefined) {
        expect(body).toContain(`"previous_data":${JSON.stringify(previous_example)}`);
      }
      const request = { headers: call.headers, body };
      expect([name, await isSignedWith(dialect, request, SECRET)]).toEqual([name, true]);
      expect(await isSignedWith(dialect, request, 'another-secret-of-the-table')).toBe(false);
    }
  },
);

test('update types have a previous example where the dialect sends it', () => {
  const updates = dialects
    .find(({ name }) => name === 'resource-api')!
    .catalog.filter(({ name }) => name.endsWith('.updated'));
  expect(updates).toHaveLength(2);
  for (const { previous_example } of updates) expect(previous_example).toEqual(expect.any(Object));
});
