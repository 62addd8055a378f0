import { expect, it } from 'vitest';
import { Streams, type StreamRequest } from '../../packages/server/src/http/streams.ts';
import type { Change, ChangeSource } from '../../packages/server/src/ports/changes.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const changes: readonly Change[] = Array.from({ length: 100 }, () => ({
  kind: 'deliveries_changed',
  reason: 'held',
  hook_id: 'wh_1',
  tenant: null,
  owner: null,
}));

/** Streams over a source that publishes 100 changes of 1,000 characters at a time. */
const openStreams = () => {
  const listeners: (() => void)[] = [];
  const source: ChangeSource = {
    watch: (_, onChanges) => {
      listeners.push(() => onChanges(changes));
      return () => undefined;
    },
  };
  const streams = new Streams({ source, clock: createVirtualClock() });
  let compared = 0;
  const request: StreamRequest = {
    workspace_id: 'ws_1',
    viewChange: () => ({
      type: 'deliveries_changed',
      data: { reason: 'held', hook_id: 'x'.repeat(1_000), tenant: null },
      hook_id: 'wh_1',
      tenant: null,
      owner: null,
    }),
    filter: {
      // Read when a change is compared with the filter.
      get hook_id() {
        compared += 1;
        return 'wh_1';
      },
    },
    last_event_id: null,
    credential_id: 'key_1',
    isAllowed: () => Promise.resolve(true),
  };
  return {
    open: () => streams.open(request),
    /** Publishes, and returns how often a change was compared with a filter. */
    publish: () => {
      const before = compared;
      for (const listener of listeners) listener();
      return compared - before;
    },
  };
};

it('streams with equal filters share one text', () => {
  const { open, publish } = openStreams();
  open();
  const alone = publish();
  expect(alone).toBeGreaterThanOrEqual(changes.length);
  for (let n = 0; n < 20; n += 1) open();
  expect(publish()).toBeLessThan(2 * alone);
});

it('a stream whose client does not read costs nothing more once it has lost events', async () => {
  const { open, publish } = openStreams();
  const reader = open().body!.getReader();
  for (let n = 0; n < 10; n += 1) publish();
  expect(publish()).toBe(0);
  // It reads again: what it had, the reset, and then what follows.
  let text = '';
  while (!text.includes('event: reset')) text += new TextDecoder().decode((await reader.read()).value);
  expect(publish()).toBeGreaterThanOrEqual(changes.length);
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('event: deliveries_changed');
  await reader.cancel();
});
