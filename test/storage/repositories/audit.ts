import { expect } from 'vitest';
import type { NewAuditEntry } from '../../../packages/server/src/ports/audits.ts';
import { type Check, FIRST_PAGE, idsOf, NOW } from './kit.ts';

/** A new entry of a hook; `differences` override its fields. */
export const auditEntry = (differences: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  id: 'aud_1',
  workspace_id: 'ws_1',
  at: NOW,
  by: 'key_1',
  action: 'hook.updated',
  subject: 'wh_1',
  tenant: null,
  before: { name: 'Shop' },
  after: { name: 'Store' },
  ...differences,
});

const shown = (added: NewAuditEntry) => {
  const { tenant: _, ...entry } = added;
  return entry;
};

export const audit = (check: Check): void => {
  check('entries are listed as they were added, newest first', async (kit) => {
    const entries = [
      auditEntry({ id: 'aud_1', before: null }),
      auditEntry({ id: 'aud_3', after: null }),
      auditEntry({ id: 'aud_2', before: null, after: null }),
    ];
    for (const entry of entries) await kit.audit.add(entry);
    expect(await kit.audit.list('ws_1', {}, FIRST_PAGE)).toEqual({
      data: [entries[1]!, entries[2]!, entries[0]!].map(shown),
      next: null,
    });
  });

  check('an entry is never replaced', async (kit) => {
    await kit.audit.add(auditEntry());
    await expect(kit.audit.add(auditEntry({ by: 'key_2' }))).rejects.toThrow(/unique/i);
    expect((await kit.audit.list('ws_1', {}, FIRST_PAGE)).data).toEqual([shown(auditEntry())]);
  });

  check('a list by subject has its entries only', async (kit) => {
    await kit.audit.add(auditEntry({ id: 'aud_1' }));
    await kit.audit.add(auditEntry({ id: 'aud_2', subject: 'wh_2' }));
    await kit.audit.add(auditEntry({ id: 'aud_3', workspace_id: 'ws_2' }));
    expect(idsOf(await kit.audit.list('ws_1', { subject: 'wh_1' }, FIRST_PAGE))).toEqual(['aud_1']);
    expect(idsOf(await kit.audit.list('ws_1', { subject: 'wh_3' }, FIRST_PAGE))).toEqual([]);
  });

  check('old entries of every workspace are deleted, the oldest first, in slices', async (kit) => {
    for (const nth of [3, 1, 2, 4]) {
      await kit.audit.add(auditEntry({ id: `aud_${nth}`, workspace_id: `ws_${nth % 2}`, at: NOW + nth }));
    }
    const left = async () => [
      ...idsOf(await kit.audit.list('ws_0', {}, FIRST_PAGE)),
      ...idsOf(await kit.audit.list('ws_1', {}, FIRST_PAGE)),
    ];
    expect(await kit.audit.prune(NOW + 4, 2)).toBe(2);
    expect(await left()).toEqual(['aud_4', 'aud_3']);
    expect(await kit.audit.prune(NOW + 4, 2)).toBe(1);
    expect(await left()).toEqual(['aud_4']);
    expect(await kit.audit.prune(NOW + 4, 2)).toBe(0);
  });

  check('a transaction stores a change with its entry, or neither', async (kit) => {
    const { workspace_id, id } = await kit.hook({ name: 'before' });
    const change = (name: string, fails: boolean) =>
      kit.transaction(async ({ hooks, audit: log }) => {
        await hooks.update(workspace_id, id, { name, updated_at: NOW });
        await log.add(auditEntry({ id: `aud_${name}`, workspace_id }));
        if (fails) throw new Error('as arranged');
      });
    await expect(change('refused', true)).rejects.toThrow('as arranged');
    expect((await kit.hooks.get(workspace_id, id))!.name).toBe('before');
    await change('after', false);
    expect((await kit.hooks.get(workspace_id, id))!.name).toBe('after');
    expect(idsOf(await kit.audit.list(workspace_id, {}, FIRST_PAGE))).toEqual(['aud_after']);
  });

  check('the changes of a transaction invalidate caches again after its end', async (kit) => {
    const { workspace_id, id } = await kit.hook();
    const changed = { kind: 'hook', workspace_id, hook_id: id };
    let inside = 0;
    const published = await kit.announced(async () => {
      await kit.transaction(async ({ hooks }) => {
        await hooks.update(workspace_id, id, { name: 'new', updated_at: NOW });
        inside += 1;
      });
    });
    expect(inside).toBe(1);
    expect(published.length).toBeGreaterThan(2);
    expect(published.every((one) => JSON.stringify(one) === JSON.stringify(changed))).toBe(true);
  });

  check('a name that is taken does not end the transaction', async (kit) => {
    const [workspace_id, other] = await kit.addWorkspaces();
    const { name } = (await kit.workspaces.get(other))!;
    const updated = await kit.transaction(async ({ workspaces, audit: log }) => {
      const result = await workspaces.update(workspace_id, { name }, NOW);
      await log.add(auditEntry({ workspace_id }));
      return result;
    });
    expect(updated).toBe('taken');
    expect(idsOf(await kit.audit.list(workspace_id, {}, FIRST_PAGE))).toEqual(['aud_1']);
  });
};
