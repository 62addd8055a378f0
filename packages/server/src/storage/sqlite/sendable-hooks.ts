import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { SendableHook } from '../../core/hook.ts';
import { ageOptions, type MaxAge } from '../max-age.ts';
import type { HookReader } from './hook-reader.ts';

const HOOKS_MAX = 20_000;

/** A cache of hooks with their decrypted secrets, until they change. */
export class SendableHooks {
  readonly #reader: HookReader;
  readonly #hooks: LRUCache<string, { readonly hook: SendableHook | null }>;

  constructor(reader: HookReader, max_age: MaxAge | null) {
    this.#reader = reader;
    this.#hooks = new LRUCache({ ...atMost(HOOKS_MAX), ...ageOptions(max_age) });
  }

  /** Undefined for a deleted hook, null for one that cannot be decrypted. Call it between transactions. */
  get(id: string): SendableHook | null | undefined {
    const known = this.#hooks.get(id);
    if (known !== undefined) return known.hook;
    const hook = this.#reader.sendable(id);
    if (hook !== undefined) this.#hooks.set(id, { hook });
    return hook;
  }

  delete(id: string): void {
    this.#hooks.delete(id);
  }
}
