import { LRUCache } from 'lru-cache';
import { ageOptions, type MaxAge } from '../max-age.ts';
import type { IndexedHook } from '../store/indexed-hook.ts';
import { WorkspaceHooks } from '../store/workspace-hooks.ts';
import type { HookReader } from './hook-reader.ts';

/** Maximum number of workspaces in memory. */
const WORKSPACES_MAX = 1_000;
/** Hooks per read while an index is built. */
const PAGE = 1_000;

/**
 * The committed hooks and their subscriptions by workspace. Each is read from the database once, and again after a
 * change. Use it between transactions or inside one of this process.
 */
export class HookIndex {
  readonly #reader: HookReader;
  readonly #read: <T>(work: () => T) => Promise<T>;
  readonly #workspaces: LRUCache<string, WorkspaceHooks>;
  readonly #building = new Map<
    string,
    { readonly workspace: WorkspaceHooks; readonly built: Promise<void> }
  >();

  /** Workspaces read inside the open transaction. */
  readonly #uncommitted = new Set<string>();

  /** `read` runs synchronous work between transactions. */
  constructor(
    reader: HookReader,
    options: { readonly read: <T>(work: () => T) => Promise<T>; readonly max_age: MaxAge | null },
  ) {
    this.#reader = reader;
    this.#read = options.read;
    this.#workspaces = new LRUCache({ max: WORKSPACES_MAX, ...ageOptions(options.max_age) });
  }

  /** Builds the index of a workspace page by page, so that a commit does not have to read all of it at once. */
  async prepare(workspace_id: string): Promise<void> {
    if (this.#workspaces.has(workspace_id)) return;
    const known = this.#building.get(workspace_id);
    if (known !== undefined) return known.built;
    const workspace = new WorkspaceHooks();
    const built = this.#build(workspace_id, workspace).finally(() => this.#building.delete(workspace_id));
    this.#building.set(workspace_id, { workspace, built });
    return built;
  }

  hook(workspace_id: string, id: string): IndexedHook | undefined {
    const workspace = this.#workspaces.get(workspace_id);
    if (workspace === undefined) return this.#ofWorkspace(this.#reader.one(id), workspace_id);
    this.#readDirty(workspace_id, workspace);
    return workspace.get(id);
  }

  /** The hooks of any status that receive scheduled events of a type and tenant. */
  subscribers(workspace_id: string, type: string, tenant: string | null): readonly IndexedHook[] {
    const workspace = this.#workspaces.get(workspace_id) ?? this.#buildNow(workspace_id);
    this.#readDirty(workspace_id, workspace);
    return workspace.subscribers(type, tenant);
  }

  /** Whether a hook of the workspace may have a filter; false while the workspace is not in memory. */
  mayFilter(workspace_id: string): boolean {
    return this.#workspaces.peek(workspace_id)?.mayFilter ?? false;
  }

  /** Applies a committed change of a hook's status or counters. */
  patch(hook: IndexedHook): void {
    this.#workspaces.peek(hook.workspace_id)?.patch(hook);
    this.#building.get(hook.workspace_id)?.workspace.patch(hook);
  }

  /** Call it at the end of each transaction: rows read in a transaction that was rolled back are discarded. */
  endTransaction({ is_committed }: { readonly is_committed: boolean }): void {
    if (!is_committed) for (const workspace_id of this.#uncommitted) this.#workspaces.delete(workspace_id);
    this.#uncommitted.clear();
  }

  /** Marks a hook as changed, even one that is not indexed yet. */
  invalidate(workspace_id: string, hook_id: string): void {
    this.#workspaces.peek(workspace_id)?.dirty.add(hook_id);
    this.#building.get(workspace_id)?.workspace.dirty.add(hook_id);
  }

  async #build(workspace_id: string, workspace: WorkspaceHooks): Promise<void> {
    let after: string | undefined = '';
    while (after !== undefined) {
      const from: string = after;
      after = await this.#read(() => this.#readPage(workspace, workspace_id, from));
    }
    this.#workspaces.set(workspace_id, workspace);
  }

  /** For a workspace that was evicted between `prepare` and its commit. */
  #buildNow(workspace_id: string): WorkspaceHooks {
    const workspace = new WorkspaceHooks();
    let after: string | undefined = '';
    while (after !== undefined) after = this.#readPage(workspace, workspace_id, after);
    this.#workspaces.set(workspace_id, workspace);
    this.#uncommitted.add(workspace_id);
    return workspace;
  }

  /** Returns the `after` of the next page; undefined after the last one. */
  #readPage(workspace: WorkspaceHooks, workspace_id: string, after: string): string | undefined {
    const page = this.#reader.page({ workspace_id, after, limit: PAGE });
    for (const hook of page) workspace.put(hook);
    return page.length === PAGE ? page.at(-1)?.id : undefined;
  }

  #readDirty(workspace_id: string, workspace: WorkspaceHooks): void {
    if (workspace.dirty.size === 0) return;
    for (const id of workspace.dirty) {
      // A caller can name a hook of another workspace: its id is marked here, but it must not enter this index.
      const hook = this.#ofWorkspace(this.#reader.one(id), workspace_id);
      if (hook === undefined) workspace.remove(id);
      else workspace.put(hook);
    }
    workspace.dirty.clear();
  }

  #ofWorkspace(hook: IndexedHook | undefined, workspace_id: string): IndexedHook | undefined {
    return hook?.workspace_id === workspace_id ? hook : undefined;
  }
}
