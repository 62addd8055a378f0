import { allowanceOf, UNTHROTTLED } from '../../core/hook-throttle.ts';
import type { HookThrottle } from '../../ports/store.ts';
import type { IndexedHook } from './indexed-hook.ts';

/** The throttle of a hook as the scheduler sees it. */
export const toHookThrottle = (
  hook: IndexedHook,
  { waits, now }: { readonly waits: boolean; readonly now: number },
): HookThrottle => {
  const { state, probe_id, width } = hook.throttle ?? UNTHROTTLED;
  return {
    hook_id: hook.id,
    workspace_id: hook.workspace_id,
    state,
    probe_id,
    width,
    has_rate_limit: hook.rate_limit !== null,
    waits,
    until: allowanceOf(hook, now).until,
  };
};
