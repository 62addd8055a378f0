import { expect, it } from 'vitest';
import { Notices } from '../../packages/server/src/delivery/notices.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const notice = { workspace_id: 'ws_1', type: 'bellwire.backlog.high', hook_id: null, data: {} } as const;

it.each(Array.from({ length: 24 }, (_, ticks) => ticks))(
  'a notice that is reported %i microtasks after another one was stored is stored too',
  async (ticks) => {
    const clock = createVirtualClock();
    const stored: string[] = [];
    const lateReport = async (): Promise<void> => {
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      notices.add(notice);
    };
    let late: Promise<void> | null = null;
    const notices = new Notices({
      store: { subscribers: async () => ['wh_1'], hooks: async () => new Map() },
      clock,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      ids: (prefix) => `${prefix}_${stored.length}`,
      accept: async (event) => {
        stored.push(event.id);
        late ??= lateReport();
        return { kind: 'rejected', reason: 'not stored in this test' } as never;
      },
    });
    notices.add(notice);
    await clock.settle();
    expect(stored).toHaveLength(2);
  },
);
