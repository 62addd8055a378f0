/** A change to something that caches may hold. */
export type Invalidation =
  | { readonly kind: 'hook'; readonly workspace_id: string; readonly hook_id: string }
  | { readonly kind: 'catalog'; readonly workspace_id: string }
  | { readonly kind: 'tenant'; readonly workspace_id: string; readonly tenant: string }
  | { readonly kind: 'api_key'; readonly id: string };

type Listener = (invalidation: Invalidation) => void;

/** Publishes changes to every cache of this process, as plain data that could also be sent to other nodes. */
export class Invalidations {
  readonly #listeners: Listener[] = [];

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }

  publish(invalidation: Invalidation): void {
    for (const listener of this.#listeners) listener(invalidation);
  }
}
