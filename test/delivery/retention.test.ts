import { expect, it } from 'vitest';
import type { Log } from '../../packages/server/src/ports/log.ts';
import type { Store } from '../../packages/server/src/ports/store.ts';
import { createSeededRandom } from '../support/seeded-random.ts';
import { openStore } from '../support/test-store.ts';
import { assembleVirtual } from '../support/virtual-program.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { createWorld } from '../support/world.ts';
import { skipReason } from '../support/programs.ts';
import { sqliteItself } from '../support/storage.ts';

const HOUR = 3_600_000;

/** The rows of one attempt, of buckets of a length. */
const counted = (minutes: number) => ['hook', 'workspace'].map((kind) => [kind, minutes, 1]);

it('a held delivery ends as expired when the retention is over, is counted, and its event is deleted', async () => {
  await using world = await createWorld({ retention_ms: HOUR, hooks: [{ status: 'paused' }] });
  await world.send();
  await world.clock.advance(HOUR - 1);
  await world.clock.until(world.loop.sweep());
  expect(await world.statuses()).toEqual({ held: 1 });
  // The walk over old events restarts once a minute.
  await world.clock.advance(60_002);
  await world.clock.until(world.loop.sweep());
  expect(await world.arrange.events()).toEqual([]);
  expect(world.observations).toContainEqual({ kind: 'expired', deliveries: 1 });
});

it('a payload is removed before its event, and the delivery cannot be sent again', async () => {
  await using world = await createWorld({ retention_ms: 10 * HOUR, payload_retention_ms: HOUR });
  await world.send();
  await world.live(1_000);
  const [delivery] = await world.arrange.deliveries();
  const id = delivery!.id;
  await world.clock.advance(2 * HOUR);
  await world.clock.until(world.loop.sweep());
  expect(await world.arrange.events()).toMatchObject([{ data: null }]);
  await expect(world.redeliver(id)).rejects.toMatchObject({ code: 'payload_expired', status: 410 });
  expect(await world.statuses()).toEqual({ succeeded: 1 });
});

it('statistics become hours after 48 hours, and are deleted when the retention is over', async () => {
  await using world = await createWorld({ retention_ms: 100 * HOUR });
  await world.send();
  await world.live(1_000);
  const widths = async (after_ms: number) => {
    await world.clock.advance(after_ms);
    await world.clock.until(world.loop.sweep());
    return (await world.arrange.stats()).map(({ kind, width, succeeded }) => [
      kind,
      width / 60_000,
      succeeded,
    ]);
  };
  expect(await widths(0)).toEqual(counted(1));
  expect(await widths(47 * HOUR)).toEqual(counted(1));
  expect(await widths(3 * HOUR)).toEqual(counted(60));
  expect(await widths(50 * HOUR)).toEqual([]);
});

it.skipIf('missing' in sqliteItself)(
  `after rows were deleted, a scrub begins within 23 hours of the last one, and otherwise none${skipReason(sqliteItself)}`,
  async () => {
    const stores: Store[] = [];
    await using world = await createWorld({
      retention_ms: HOUR,
      wrapStore: (store) => {
        stores.push(store);
        return {};
      },
    });
    const completedAfter = async (ms: number) => {
      await world.clock.advance(ms);
      await world.clock.until(world.loop.sweep());
      return stores[0]!.completedScrub();
    };
    expect(await completedAfter(0)).toBe(1);
    await world.send();
    await world.live(1_000);
    expect(await completedAfter(2 * HOUR)).toBe(1);
    expect(await world.arrange.events()).toEqual([]);
    expect(await completedAfter(20 * HOUR)).toBe(1);
    expect(await completedAfter(HOUR)).toBe(2);
    expect(await completedAfter(100 * HOUR)).toBe(2);
  },
);

/** The warnings of a start with this retention, while a hook makes `max_attempts` attempts. */
const warningsAtStart = async (
  retention_ms: number,
  max_attempts: number | null,
  retry_schedule: string | null = null,
) => {
  await using opened = await openStore();
  await opened.arrange.addHook(await opened.arrange.addWorkspace(), { max_attempts, retry_schedule });
  const warnings: [string, unknown][] = [];
  const log: Log = {
    debug: () => {},
    info: () => {},
    error: () => {},
    warn: (message, fields) => warnings.push([message, fields]),
  };
  const { program } = await assembleVirtual(
    {
      clock: createVirtualClock(),
      random: createSeededRandom(1),
      ids: opened.ids,
      storage: opened,
      script: () => ({ status: 200 }),
      log,
    },
    { retention_ms },
  );
  await program.stop();
  return warnings;
};

const warning = (retention_ms: number, schedule_ms: number) => [
  [expect.stringContaining('BELLWIRE_RETENTION is shorter') as string, { retention_ms, schedule_ms }],
];

it('a retention shorter than the longest retry schedule in use is warned about at the start', async () => {
  // The standard schedule takes 75 h 35 min 5 s; each further attempt adds 24 h.
  const schedule_ms = 75 * HOUR + 35 * 60_000 + 5_000;
  expect(await warningsAtStart(schedule_ms, null)).toEqual([]);
  expect(await warningsAtStart(schedule_ms - 1, null)).toEqual(warning(schedule_ms - 1, schedule_ms));
  const longer = schedule_ms + 24 * HOUR;
  expect(await warningsAtStart(schedule_ms, 11)).toEqual(warning(schedule_ms, longer));
  const own = 200 * HOUR;
  expect(await warningsAtStart(schedule_ms, null, `[0,${own}]`)).toEqual(warning(schedule_ms, own));
});
