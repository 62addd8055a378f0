/** A change to something that caches may hold. */
export type Invalidation =
  | { readonly kind: 'hook'; readonly workspace_id: string; readonly hook_id: string }
  | { readonly kind: 'catalog'; readonly workspace_id: string }
  | { readonly kind: 'tenant'; readonly workspace_id: string; readonly tenant: string }
  | { readonly kind: 'api_key'; readonly id: string };

type Listener = (invalidation: Invalidation) => void;

/** Publishes changes to every cache of this process and, as plain data, to other nodes. */
export class Invalidations {
  readonly #listeners: Listener[] = [];
  #forward: Listener | null = null;

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Sends what this process publishes to other nodes. */
  forwardTo(forward: Listener): void {
    this.#forward = forward;
  }

  publish(invalidation: Invalidation): void {
    this.apply(invalidation);
    this.#forward?.(invalidation);
  }

  /** A change of another node. */
  apply(invalidation: Invalidation): void {
    for (const listener of this.#listeners) listener(invalidation);
  }
}
