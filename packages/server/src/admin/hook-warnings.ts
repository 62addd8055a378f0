import { coerceError } from '../core/errors.ts';
import {
  certificateWarnings,
  secretWarnings,
  subscriptionWarnings,
  twinWarnings,
  urlWarnings,
  type Warning,
} from '../core/warnings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ListedHook, Repositories } from '../ports/repositories.ts';
import type { UrlPolicy } from '../ports/url-policy.ts';
import type { CheckFilter } from './check-filter.ts';
import type { HookLookup } from './hook-lookup.ts';

/** Warnings about a stored hook, and about the secret that the call has set. Never rejects: the hook is already stored. */
export type HookWarnings = (hook: ListedHook, secret: string | null) => Promise<readonly Warning[]>;

export interface HookWarningsOptions {
  readonly repositories: Repositories;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly log: Log;
  readonly url_policy: UrlPolicy;
  readonly checkFilter: CheckFilter;
}

export const createHookWarnings =
  ({ repositories, lookup, clock, log, url_policy, checkFilter }: HookWarningsOptions): HookWarnings =>
  async (hook, secret) => {
    try {
      const { event_types } = await lookup.catalog(hook.workspace_id);
      const { same_url, same_name } = await repositories.hooks.twins(hook);
      const verdict = url_policy.check(hook.url);
      const { workspace_id, filter, events } = hook;
      const about_filter =
        filter === null ? [] : (await checkFilter(workspace_id, { filter, events })).warnings;
      const has_default_name = hook.name === new URL(hook.url).host;
      return [
        ...urlWarnings(verdict.ok ? null : verdict.message),
        ...secretWarnings(secret),
        ...certificateWarnings(hook, clock.now()),
        ...subscriptionWarnings(hook.events, event_types),
        ...about_filter,
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
