/** Something that caches may hold and that has just changed. */
export type Invalidation =
  | { readonly kind: 'hook'; readonly workspace_id: string; readonly hook_id: string }
  | { readonly kind: 'catalog'; readonly workspace_id: string }
  | { readonly kind: 'api_key'; readonly hash: string };

type Listener = (invalidation: Invalidation) => void;

/** Tells every cache of this process what has changed. Plain data, so that it can also travel between nodes. */
export class Invalidations {
  readonly #listeners: Listener[] = [];

  subscribe(listener: Listener): void {
    this.#listeners.push(listener);
  }

  publish(invalidation: Invalidation): void {
    for (const listener of this.#listeners) listener(invalidation);
  }
}
