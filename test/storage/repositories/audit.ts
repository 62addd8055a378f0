import { expect } from 'vitest';
import type { AuditEntry } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, FIRST_PAGE, NOW } from './kit.ts';

const entry = (id: string, workspace_id: string): AuditEntry => ({
  id,
  workspace_id,
  at: NOW,
  by: 'key_1',
  action: 'secret.reveal',
  subject: 'wh_1',
});

export const audit = (check: Check): void => {
  check('entries are listed as they were added, newest first', async (kit) => {
    for (const id of ['aud_1', 'aud_3', 'aud_2']) await kit.audit.add(entry(id, 'ws_1'));
    expect(await kit.audit.list('ws_1', FIRST_PAGE)).toEqual({
      data: ['aud_3', 'aud_2', 'aud_1'].map((id) => entry(id, 'ws_1')),
      next: null,
    });
  });

  check('an entry is never replaced', async (kit) => {
    await kit.audit.add(entry('aud_1', 'ws_1'));
    await expect(kit.audit.add({ ...entry('aud_1', 'ws_1'), by: 'key_2' })).rejects.toThrow(/unique/i);
    expect((await kit.audit.list('ws_1', FIRST_PAGE)).data).toEqual([entry('aud_1', 'ws_1')]);
  });
};
