import { GRADES, type Holders } from './slots.ts';

/** The slots and queued deliveries of one workspace or tenant. */
export class Share {
  /** Attempts in flight, as `Held`. */
  readonly held: number[] = Array.from({ length: GRADES }, () => 0);
  /** Queued deliveries that make accepts wait. */
  due = 0;

  get isEmpty(): boolean {
    return this.held[0] === 0 && this.due === 0;
  }

  /** Counts attempts of one grade. */
  add(grade: number, change: number): void {
    for (let at = 0; at <= grade; at += 1) this.held[at] = (this.held[at] ?? 0) + change;
  }
}

interface WorkspaceShare extends Share {
  readonly tenants: Map<string, Share>;
}

/** A workspace and a tenant; '' without one. */
export type Path = readonly [workspace_id: string, tenant: string];

export const pathOf = (owned: { readonly workspace_id: string; readonly tenant: string | null }): Path => [
  owned.workspace_id,
  owned.tenant ?? '',
];

const NONE = new Share();

/** The slots and queued deliveries of each workspace and of each of its tenants. */
export class Shares {
  readonly total = new Share();
  readonly #workspaces = new Map<string, WorkspaceShare>();

  /** The workspaces, and the tenants of one, that have queued deliveries or attempts in flight. */
  get active(): number {
    return this.#workspaces.size;
  }

  activeTenants(workspace_id: string): number {
    return this.#workspaces.get(workspace_id)?.tenants.size ?? 0;
  }

  of([workspace_id, tenant]: Path): { readonly workspace: Share; readonly tenant: Share } {
    const workspace = this.#workspaces.get(workspace_id);
    return { workspace: workspace ?? NONE, tenant: workspace?.tenants.get(tenant) ?? NONE };
  }

  holders(path: Path): Holders {
    const { workspace, tenant } = this.of(path);
    return {
      total: this.total.held,
      workspace: workspace.held,
      tenant: path[1] === '' ? null : tenant.held,
    };
  }

  /** Counts attempts that begin (1) or end (-1). */
  addHeld(path: Path, grade: number, change: number): void {
    this.#change(path, (share) => share.add(grade, change));
  }

  /** Counts an attempt whose hook changed its pace. */
  regrade(path: Path, from: number, to: number): void {
    this.#change(path, (share) => {
      share.add(to, 1);
      share.add(from, -1);
    });
  }

  addDue(path: Path, change: number): void {
    this.#change(path, (share) => {
      share.due += change;
    });
  }

  #change([workspace_id, tenant]: Path, change: (share: Share) => void): void {
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
