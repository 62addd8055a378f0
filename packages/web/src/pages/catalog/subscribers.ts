import type { Hook } from '@bellwire/client';

/** The entry of a webhook's `events` that includes a type; null if none does. */
export const entryFor = (events: readonly string[], type: string): string | null =>
  events.find(
    (entry) =>
      entry === type || entry === '*' || (entry.endsWith('.*') && type.startsWith(entry.slice(0, -1))),
  ) ?? null;

export interface Subscriber {
  readonly hook: Hook;
  /** The entry that includes the type, such as `order.*`. */
  readonly entry: string;
}

/** The webhooks that get events of a type. */
export const subscribersOf = (hooks: readonly Hook[], type: string): readonly Subscriber[] =>
  hooks.flatMap((hook) => {
    const entry = entryFor(hook.events, type);
    return entry === null ? [] : [{ hook, entry }];
  });
