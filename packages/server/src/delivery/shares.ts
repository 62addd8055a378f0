import type { Owner } from '../core/owner.ts';
import { GRADES, type Holders } from './slots.ts';

/** The slots and queued deliveries of one workspace or tenant. */
export class Share {
  /** Attempts in flight, as `Held`. */
  readonly held: number[] = Array.from({ length: GRADES }, () => 0);
  /** Queued deliveries that make accepts wait. */
  due = 0;
  /** All queued deliveries. */
  queued = 0;

  get isEmpty(): boolean {
    return this.held[0] === 0 && this.due === 0 && this.queued === 0;
  }

  /** Counts attempts of one grade. */
  add(grade: number, change: number): void {
    for (let at = 0; at <= grade; at += 1) this.held[at] = (this.held[at] ?? 0) + change;
  }
}

interface WorkspaceShare extends Share {
  readonly tenants: Map<string, Share>;
}

const NONE = new Share();

/** The slots and queued deliveries of each workspace and of each of its tenants. */
export class Shares {
  readonly total = new Share();
  readonly #workspaces = new Map<string, WorkspaceShare>();

  of([workspace_id, tenant]: Owner): { readonly workspace: Share; readonly tenant: Share } {
    const workspace = this.#workspaces.get(workspace_id);
    return { workspace: workspace ?? NONE, tenant: workspace?.tenants.get(tenant) ?? NONE };
  }

  holders(path: Owner): Holders {
    const { workspace, tenant } = this.of(path);
    return {
      total: this.total.held,
      workspace: workspace.held,
      tenant: path[1] === '' ? null : tenant.held,
    };
  }

  /** Counts attempts that begin (1) or end (-1). */
  addHeld(path: Owner, grade: number, change: number): void {
    this.#change(path, (share) => share.add(grade, change));
  }

  /** Counts an attempt whose hook changed its pace. */
  regrade(path: Owner, from: number, to: number): void {
    this.#change(path, (share) => {
      share.add(to, 1);
      share.add(from, -1);
    });
  }

  addQueued(path: Owner, change: number): void {
    this.#change(path, (share) => {
      share.queued += change;
    });
  }

  addDue(path: Owner, change: number): void {
    this.#change(path, (share) => {
      share.due += change;
    });
  }

  #change([workspace_id, tenant]: Owner, change: (share: Share) => void): void {
    const workspace =
      this.#workspaces.get(workspace_id) ?? Object.assign(new Share(), { tenants: new Map<string, Share>() });
    const share = workspace.tenants.get(tenant) ?? new Share();
    this.#workspaces.set(workspace_id, workspace);
    workspace.tenants.set(tenant, share);
    for (const changed of [this.total, workspace, share]) change(changed);
    if (share.isEmpty) workspace.tenants.delete(tenant);
    if (workspace.isEmpty) this.#workspaces.delete(workspace_id);
  }
}
