import { expect, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { addPending } from '../support/postgres-pending.ts';
import { preparePostgresNodes } from '../support/postgres-nodes.ts';
import { ownPostgres } from '../support/postgres-server.ts';
import { skipReason } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { openPostgresStore } from '../support/test-store.ts';

/** `pnpm experiment D7-postgres` runs the full form. */
const PENDING = Number(process.env['PENDING_ROWS'] ?? 20_000);
const HOOKS = 1_000;
const reason = skipReason(ownPostgres);

test.skipIf('missing' in ownPostgres)(
  `with ${PENDING} due deliveries, a node is ready within 5 s, and sends within another second${reason}`,
  // A busy machine can disturb a measurement of time, which is then repeated.
  { retry: 3, timeout: 90_000 + PENDING / 2 },
  async () => {
    await using receiver = await startReceiver(async () => {
      await delay(20, null, { ref: false });
      return {};
    });
    await using cluster = await preparePostgresNodes();
    // Creates the tables, and shows what a start and a first request take.
    await using before = await cluster.start();
    const idle = performance.now();
    await before.call('POST', '/v1/webhooks', { url: `${receiver.origin}/new`, events: ['new'] });
    await before.call('POST', '/v1/events', { type: 'new', data: {} });
    await receiver.next();
    const usual_ms = performance.now() - idle;
    before.kill('SIGTERM');
    await before.endsWithin(20_000);
    {
      await using opened = openPostgresStore(cluster.database.url, { now: Date.now });
      const workspace_id = await opened.arrange.addWorkspace();
      const hook_ids = await opened.arrange.addHooks(workspace_id, HOOKS, { url: `${receiver.origin}/due` });
      await addPending(opened, { count: PENDING, hook_ids, due_at: Date.now() });
    }

    const started = performance.now();
    await using node = await cluster.start();
    const ready = performance.now();
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
    await receiver.next();
    const first = performance.now();
    await expect.poll(() => receiver.calls.length, { timeout: 20_000 }).toBeGreaterThan(1_000);
    console.log(
      `${PENDING} pending: ready after ${(ready - started).toFixed(0)} ms, first request ${(first - ready).toFixed(0)} ms later (${usual_ms.toFixed(0)} ms without them)`,
    );
    expect(ready - started).toBeLessThan(5_000);
    expect(first - ready).toBeLessThan(1_000 + 3 * usual_ms);
  },
);
