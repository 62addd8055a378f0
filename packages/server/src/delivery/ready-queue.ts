import type { HookQueue } from './hook-queue.ts';
import { RankedQueue } from './ranked-queue.ts';
import type { Owner } from '../core/owner.ts';
import type { Shares } from './shares.ts';

/** The hooks of one tenant that are ready. */
interface ReadyTenant {
  readonly path: Owner;
  readonly hooks: RankedQueue<HookQueue>;
}

interface ReadyWorkspace {
  readonly tenants: Map<string, ReadyTenant>;
  readonly ranked: RankedQueue<ReadyTenant>;
}

/** A delivery of `path` can be sent to this hook. */
export interface Ready {
  readonly queue: HookQueue;
  readonly path: Owner;
}

/**
 * The hooks of one pace with a queued delivery and a free slot. The first one belongs to the workspace that holds the
 * fewest slots for as long as this pace does, within it to the tenant that holds the fewest, and is the hook with the
 * fewest attempts in flight; among equals, the one that has waited longest.
 */
export class ReadyQueue {
  readonly #grade: number;
  readonly #shares: Shares;
  readonly #workspaces = new Map<string, ReadyWorkspace>();
  readonly #ranked = new RankedQueue<ReadyWorkspace>();
  /** The tenants of all workspaces. */
  readonly #tenants = new RankedQueue<ReadyTenant>();

  constructor(grade: number, shares: Shares) {
    this.#grade = grade;
    this.#shares = shares;
  }

  /** Adds a hook, or moves it because the number of its attempts in flight has changed. */
  put(queue: HookQueue, path: Owner): void {
    const [workspace_id, tenant_id] = path;
    const workspace = this.#workspaces.get(workspace_id) ?? { tenants: new Map(), ranked: new RankedQueue() };
    const tenant = workspace.tenants.get(tenant_id) ?? { path, hooks: new RankedQueue() };
    this.#workspaces.set(workspace_id, workspace);
    workspace.tenants.set(tenant_id, tenant);
    tenant.hooks.put(queue, queue.inFlight);
    this.rank(path);
  }

  delete(queue: HookQueue, [workspace_id, tenant_id]: Owner): void {
    const workspace = this.#workspaces.get(workspace_id);
    const tenant = workspace?.tenants.get(tenant_id);
    if (workspace === undefined || tenant === undefined) return;
    tenant.hooks.delete(queue);
    if (tenant.hooks.size > 0) return;
    workspace.tenants.delete(tenant_id);
    workspace.ranked.delete(tenant);
    this.#tenants.delete(tenant);
    if (workspace.tenants.size > 0) return;
    this.#workspaces.delete(workspace_id);
    this.#ranked.delete(workspace);
  }

  /** Call it when the slots of a workspace and tenant have changed. */
  rank(path: Owner): void {
    const workspace = this.#workspaces.get(path[0]);
    if (workspace === undefined) return;
    const shares = this.#shares.of(path);
    this.#ranked.put(workspace, shares.workspace.held[this.#grade] ?? 0);
    const tenant = workspace.tenants.get(path[1]);
    if (tenant === undefined) return;
    const held = shares.tenant.held[this.#grade] ?? 0;
    workspace.ranked.put(tenant, held);
    this.#tenants.put(tenant, held);
  }

  first(): Ready | undefined {
    return this.#readyOf(this.#ranked.first()?.ranked.first());
  }

  /** The first one of the tenant that holds the fewest slots, whatever its workspace holds. */
  firstOfTenants(): Ready | undefined {
    return this.#readyOf(this.#tenants.first());
  }

  #readyOf(tenant: ReadyTenant | undefined): Ready | undefined {
    const queue = tenant?.hooks.first();
    return tenant === undefined || queue === undefined ? undefined : { queue, path: tenant.path };
  }
}
