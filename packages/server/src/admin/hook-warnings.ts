import { coerceError } from '../core/errors.ts';
import {
  certificateWarnings,
  secretWarnings,
  subscriptionWarnings,
  twinWarnings,
  type Warning,
} from '../core/warnings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ListedHook, Repositories } from '../ports/repositories.ts';
import type { HookLookup } from './hook-lookup.ts';

/** Warnings about a stored hook, and about the secret that the call has set. Never rejects: the hook is already stored. */
export type HookWarnings = (hook: ListedHook, secret: string | null) => Promise<readonly Warning[]>;

export interface HookWarningsOptions {
  readonly repositories: Repositories;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly log: Log;
}

export const createHookWarnings =
  ({ repositories, lookup, clock, log }: HookWarningsOptions): HookWarnings =>
  async (hook, secret) => {
    try {
      const { event_types } = await lookup.catalog(hook.workspace_id);
      const { same_url, same_name } = await repositories.hooks.twins(hook);
      const has_default_name = hook.name === new URL(hook.url).host;
      return [
        ...secretWarnings(secret),
        ...certificateWarnings(hook, clock.now()),
        ...subscriptionWarnings(hook.events, event_types),
        ...twinWarnings({ same_url, same_name: has_default_name ? null : same_name }),
      ];
    } catch (error) {
      log.warn('could not check a stored hook for warnings', {
        hook_id: hook.id,
        code: coerceError(error).code,
      });
      return secretWarnings(secret);
    }
  };
