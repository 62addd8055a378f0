import { LRUCache } from 'lru-cache';
import { isSubscriber } from '../../core/fan-out.ts';
import type { IndexedHook } from './indexed-hook.ts';

/**
 * Maximum size of the cached subscribers by type of one workspace, in hook ids; a type counts as 25 of them, so that a
 * sender that invents types cannot fill the memory.
 */
const MATCHES_MAX = 50_000;
const TYPE_WEIGHT = 25;

const hasSameSubscription = (a: IndexedHook, b: IndexedHook): boolean =>
  a.tenant === b.tenant && a.events.length === b.events.length && a.events.every((e, n) => e === b.events[n]);

/** The hooks of one workspace by id and by tenant. */
export class WorkspaceHooks {
  readonly #hooks = new Map<string, IndexedHook>();
  readonly #by_tenant = new Map<string | null, Set<string>>();
  readonly #matches = new LRUCache<string, readonly string[]>({
    maxSize: MATCHES_MAX,
    sizeCalculation: (ids) => ids.length + TYPE_WEIGHT,
  });
  /** Number of hooks with a filter. */
  #filters = 0;
  /** Hooks changed since they were read. They are read again before the next query. */
  readonly dirty = new Set<string>();

  get(id: string): IndexedHook | undefined {
    return this.#hooks.get(id);
  }

  /** Whether a hook has a filter, or may have one since it was changed. */
  get mayFilter(): boolean {
    return this.#filters > 0 || this.dirty.size > 0;
  }

  put(hook: IndexedHook): void {
    const known = this.#hooks.get(hook.id);
    if (known !== undefined && hasSameSubscription(known, hook)) {
      this.#replace(hook, known);
      return;
    }
    this.remove(hook.id);
    this.#replace(hook, undefined);
    const siblings = this.#by_tenant.get(hook.tenant);
    if (siblings === undefined) this.#by_tenant.set(hook.tenant, new Set([hook.id]));
    else siblings.add(hook.id);
    this.#clearMatches();
  }

  /** Replaces a hook with the same subscriptions. */
  patch(hook: IndexedHook): void {
    const known = this.#hooks.get(hook.id);
    if (known !== undefined) this.#replace(hook, known);
  }

  remove(id: string): void {
    const known = this.#hooks.get(id);
    if (known === undefined) return;
    this.#hooks.delete(id);
    if (known.filter !== null) this.#filters -= 1;
    const siblings = this.#by_tenant.get(known.tenant);
    siblings?.delete(id);
    if (siblings?.size === 0) this.#by_tenant.delete(known.tenant);
    this.#clearMatches();
  }

  subscribers(type: string, tenant: string | null): readonly IndexedHook[] {
    const key = tenant === null ? `/${type}` : `${tenant}/${type}`;
    const known = this.#matches.get(key);
    if (known !== undefined) return known.flatMap((id) => this.#hooks.get(id) ?? []);
    const found: IndexedHook[] = [];
    for (const owner of new Set([tenant, '*'])) {
      for (const id of this.#by_tenant.get(owner) ?? []) {
        const hook = this.#hooks.get(id);
        if (hook !== undefined && isSubscriber(hook, type, tenant)) found.push(hook);
      }
    }
    const ids = found.map(({ id }) => id);
    this.#matches.set(key, ids);
    return found;
  }

  #replace(hook: IndexedHook, known: IndexedHook | undefined): void {
    if (known !== undefined && known.filter !== null) this.#filters -= 1;
    if (hook.filter !== null) this.#filters += 1;
    this.#hooks.set(hook.id, hook);
  }

  #clearMatches(): void {
    if (this.#matches.size > 0) this.#matches.clear();
  }
}
