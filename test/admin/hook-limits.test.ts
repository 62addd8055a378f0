import { expect, it } from 'vitest';
import { assertHookLimits } from '../../packages/server/src/admin/hook-limits.ts';
import { openStore } from '../support/test-store.ts';

it('a workspace has at most 50,000 hooks, without deleted ones, and the count of them is fast', async () => {
  await using opened = await openStore({ seed: 1, now: Date.now });
  const { repositories } = opened.reopen();
  const workspace_id = await opened.arrange.addWorkspace();
  const [first, second] = await opened.arrange.addHooks(workspace_id, 50_001, { tenant: null });
  const isRefused = () =>
    assertHookLimits(repositories, { workspace_id, tenant: null }).then(
      () => false,
      (error: unknown) => String(error),
    );
  expect(await isRefused()).toMatch(/has 50000 hooks, the maximum/);
  await opened.arrange.deleteHook(first!);
  const start = performance.now();
  expect(await isRefused()).toBe(false);
  expect(performance.now() - start).toBeLessThan(100);
  await opened.arrange.deleteHook(second!);
  expect(await repositories.hooks.count({ workspace_id }, 100_000)).toBe(49_999);
  expect(await repositories.hooks.count({ workspace_id }, 10)).toBe(10);
  expect(await repositories.hooks.count({ workspace_id, tenant: 'cus_1' }, 10)).toBe(0);
});
