import { LRUCache } from 'lru-cache';
import type { MaxAge } from '../max-age.ts';
import type { HookView } from '../store/batch.ts';
import type { IndexedHook } from '../store/indexed-hook.ts';
import { WorkspaceHooks } from '../store/workspace-hooks.ts';
import { AlreadyChanged } from './already-changed.ts';
import type { HookReader, VersionedHook } from './hook-reader.ts';

/** Maximum number of workspaces in memory. */
const WORKSPACES_MAX = 1_000;
/** Hooks per read while an index is built. */
const PAGE = 1_000;

interface Indexed {
  readonly hooks: WorkspaceHooks;
  readonly versions: Map<string, string>;
  /** When the read began that found the hooks as they are here; null before the first one. */
  read_at: number | null;
}

/**
 * The hooks of workspaces in memory, at most `max_age` old: other nodes change them too. `prepare` reads what may have
 * changed; the rest is synchronous.
 */
export class HookIndex implements HookView {
  readonly #reader: HookReader;
  readonly #max_age: MaxAge;
  readonly #onChanged: (hooks: readonly IndexedHook[]) => void;
  readonly #workspaces = new LRUCache<string, Indexed>({ max: WORKSPACES_MAX });
  readonly #reading = new Map<string, Promise<void>>();

  /** `onChanged` is called with hooks that were read again since they have changed. */
  constructor(
    reader: HookReader,
    max_age: MaxAge,
    onChanged: (hooks: readonly IndexedHook[]) => void = () => undefined,
  ) {
    this.#reader = reader;
    this.#max_age = max_age;
    this.#onChanged = onChanged;
  }

  /** Call it before the other methods. Reads nothing if the hooks of these workspaces are current. */
  async prepare(workspace_ids: Iterable<string>): Promise<void> {
    for (const id of new Set(workspace_ids)) if (!this.#isCurrent(id)) await this.#read(id);
  }

  hook(workspace_id: string, id: string): IndexedHook | undefined {
    return this.#of(workspace_id).hooks.get(id);
  }

  subscribers(workspace_id: string, type: string, tenant: string | null): readonly IndexedHook[] {
    return this.#of(workspace_id).hooks.subscribers(type, tenant);
  }

  /** The hook, if it is in memory. */
  known(workspace_id: string, id: string): IndexedHook | undefined {
    return this.#workspaces.peek(workspace_id)?.hooks.get(id);
  }

  /** Whether a hook of the workspace may have a filter; false while the workspace is not in memory. */
  mayFilter(workspace_id: string): boolean {
    return this.#workspaces.peek(workspace_id)?.hooks.mayFilter ?? false;
  }

  /** Applies a committed change. */
  patch(hook: IndexedHook): void {
    const indexed = this.#workspaces.peek(hook.workspace_id);
    indexed?.hooks.patch(hook);
    // A read that is under way can return an older state.
    if (this.#reading.has(hook.workspace_id)) indexed?.hooks.dirty.add(hook.id);
  }

  /** Marks a hook as changed, even one that is not indexed yet. */
  invalidate(workspace_id: string, hook_id: string): void {
    this.#workspaces.peek(workspace_id)?.hooks.dirty.add(hook_id);
  }

  /** Marks every hook as changed. */
  expire(workspace_ids: Iterable<string> = this.#workspaces.keys()): void {
    for (const id of workspace_ids) {
      const indexed = this.#workspaces.peek(id);
      if (indexed !== undefined) indexed.read_at = null;
    }
  }

  #isCurrent(workspace_id: string): boolean {
    const indexed = this.#workspaces.get(workspace_id);
    if (indexed === undefined || indexed.read_at === null || indexed.hooks.dirty.size > 0) return false;
    // What it reads is not dirty any more, but not here yet either.
    if (this.#reading.has(workspace_id)) return false;
    return this.#max_age.monotonic() - indexed.read_at < this.#max_age.ms;
  }

  #of(workspace_id: string): Indexed {
    const indexed = this.#workspaces.get(workspace_id);
    if (indexed === undefined) throw new AlreadyChanged(`the workspace ${workspace_id} has left the memory`);
    return indexed;
  }

  async #read(workspace_id: string): Promise<void> {
    // One that is under way may have begun before the change.
    await this.#reading.get(workspace_id)?.catch(() => undefined);
    if (this.#isCurrent(workspace_id)) return;
    // Of all that have waited for it, the first one reads for the others.
    const begun = this.#reading.get(workspace_id);
    if (begun !== undefined) return begun;
    const reading = this.#readNow(workspace_id).finally(() => this.#reading.delete(workspace_id));
    this.#reading.set(workspace_id, reading);
    await reading;
  }

  async #readNow(workspace_id: string): Promise<void> {
    const began_at = this.#max_age.monotonic();
    const known = this.#workspaces.get(workspace_id);
    if (known === undefined) {
      await this.#build(workspace_id, began_at);
      return;
    }
    const dirty = [...known.hooks.dirty];
    known.hooks.dirty.clear();
    try {
      const is_old = known.read_at === null || began_at - known.read_at >= this.#max_age.ms;
      const ids = is_old ? await this.#changed(workspace_id, known, dirty) : dirty;
      if (ids.length > 0) {
        const read = new Map((await this.#reader.some(workspace_id, ids)).map((one) => [one.hook.id, one]));
        // In the order of the changes: the database returns them in any.
        const found = ids.flatMap((id) => read.get(id) ?? []);
        this.#replace(known, ids, found);
        this.#onChanged(found.map(({ hook }) => hook));
      }
      if (is_old) known.read_at = began_at;
    } catch (error) {
      for (const id of dirty) known.hooks.dirty.add(id);
      throw error;
    }
  }

  async #build(workspace_id: string, began_at: number): Promise<void> {
    const indexed: Indexed = { hooks: new WorkspaceHooks(), versions: new Map(), read_at: null };
    // Before the first read, so that a change meanwhile is marked.
    this.#workspaces.set(workspace_id, indexed);
    let after: string | undefined = '';
    while (after !== undefined) {
      const page: readonly VersionedHook[] = await this.#reader.page({ workspace_id, after, limit: PAGE });
      this.#replace(indexed, [], page);
      after = page.length === PAGE ? page.at(-1)?.hook.id : undefined;
    }
    indexed.read_at = began_at;
    if (indexed.hooks.dirty.size > 0) await this.#readNow(workspace_id);
  }

  /** The hooks that were written, added or deleted since they were read, and those that are `dirty`. */
  async #changed(workspace_id: string, known: Indexed, dirty: readonly string[]): Promise<readonly string[]> {
    const current = await this.#reader.versions(workspace_id);
    const changed = new Set(dirty);
    for (const [id, version] of current) if (known.versions.get(id) !== version) changed.add(id);
    for (const id of known.versions.keys()) if (!current.has(id)) changed.add(id);
    return [...changed];
  }

  #replace({ hooks, versions }: Indexed, ids: readonly string[], found: readonly VersionedHook[]): void {
    const missing = new Set(ids);
    for (const { hook, version } of found) {
      hooks.put(hook);
      versions.set(hook.id, version);
      missing.delete(hook.id);
    }
    for (const id of missing) {
      hooks.remove(id);
      versions.delete(id);
    }
  }
}
