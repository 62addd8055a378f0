import { expect } from 'vitest';
import type { ListedHook } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, type Kit, NOW } from './kit.ts';
import { recover } from './recoveries.ts';

type Row = NonNullable<Parameters<Kit['addEvent']>[1]>;

const addRow = async (kit: Kit, { workspace_id }: ListedHook, row: Row) =>
  (await kit.addEvent(workspace_id, { id: kit.idAt('evt', NOW), created_at: NOW, ...row })).id;

const addEvent = (kit: Kit, hook: ListedHook, data: object) =>
  addRow(kit, hook, { data: JSON.stringify(data) });

const missedBy = ({ workspace_id, id: hook_id }: ListedHook) =>
  ({ workspace_id, hook_id, statuses: ['missed'] }) as const;

const sentTo = async (kit: Kit, hook: ListedHook) =>
  (await kit.arrange.deliveries({ hook_id: hook.id })).map(({ event_id }) => event_id).toSorted();

/** Recoveries of what a hook with a filter has missed. */
export const missedByFilter = (check: Check): void => {
  check('an event that the filter of a hook does not match was not missed', async (kit) => {
    const hook = await kit.hook({ filter: 'total >= 100 or $metadata.vip == "yes"' });
    await addEvent(kit, hook, { total: 99 });
    const expected = [
      await addEvent(kit, hook, { total: 100 }),
      await addRow(kit, hook, { data: '{}', metadata: '{"vip":"yes"}' }),
    ];
    const { tally } = await recover(kit, missedBy(hook));
    expect(tally.counts.missed).toBe(2);
    expect(await sentTo(kit, hook)).toEqual(expected.toSorted());
  });

  check('events with large data are filtered in several slices, and each is counted once', async (kit) => {
    const hook = await kit.hook({ filter: 'number >= 3' });
    const note = 'x'.repeat(400_000);
    const ids: string[] = [];
    for (let number = 0; number < 8; number += 1) ids.push(await addEvent(kit, hook, { number, note }));
    const expired = { data: null, payload_expired_at: NOW };
    for (let count = 0; count < 3; count += 1) await addRow(kit, hook, expired);
    const { tally } = await recover(kit, missedBy(hook));
    expect(tally).toMatchObject({ counts: { missed: 5 }, skipped: { payload_expired: 3 } });
    expect(await sentTo(kit, hook)).toEqual(ids.slice(3).toSorted());
  });

  check('an event larger than a slice is filtered too', async (kit) => {
    const hook = await kit.hook({ filter: 'exists note' });
    for (const part of [1, 2]) await addEvent(kit, hook, { part, note: 'x'.repeat(1_100_000) });
    const { tally } = await recover(kit, missedBy(hook));
    expect(tally.counts.missed).toBe(2);
  });
};
