import type { OperationalType } from '../core/operational-events.ts';

interface Rule {
  readonly window_ms: number;
  readonly per_hook: number;
}

/** The types that an outage can multiply; the others are rare by themselves. */
const RULES: ReadonlyMap<OperationalType, Rule> = new Map([
  ['bellwire.delivery.failed', { window_ms: 60_000, per_hook: 10 }],
  ['bellwire.hook.failing', { window_ms: 600_000, per_hook: 1 }],
]);
const PER_WORKSPACE = 100;

interface Limited {
  readonly workspace_id: string;
  readonly type: OperationalType;
}

interface Window extends Limited {
  readonly ends_at: number;
  /** Admitted notices by hook: at most as many hooks as a workspace has notices. */
  readonly hooks: Map<string, number>;
  admitted: number;
  omitted: number;
}

/** The number of notices that were left out. */
export interface OmittedNotices extends Limited {
  readonly count: number;
}

/**
 * Limits notices per workspace, and more strictly per hook, in windows that begin with their first notice. Times are
 * monotonic milliseconds.
 */
export class NoticeLimit {
  readonly #windows = new Map<string, Window>();

  admits({ workspace_id, type }: Limited, hook_id: string, now: number): boolean {
    const rule = RULES.get(type);
    if (rule === undefined) return true;
    const window = this.#open({ workspace_id, type }, now + rule.window_ms);
    const of_hook = window.hooks.get(hook_id) ?? 0;
    if (window.admitted >= PER_WORKSPACE || of_hook >= rule.per_hook) {
      window.omitted += 1;
      return false;
    }
    window.admitted += 1;
    window.hooks.set(hook_id, of_hook + 1);
    return true;
  }

  /** Ends the windows that are over, and returns those with omitted notices. */
  ended(now: number): readonly OmittedNotices[] {
    const ended = [...this.#windows].filter(([, { ends_at }]) => ends_at <= now);
    for (const [key] of ended) this.#windows.delete(key);
    return ended.flatMap(([, { workspace_id, type, omitted }]) =>
      omitted === 0 ? [] : [{ workspace_id, type, count: omitted }],
    );
  }

  #open(limited: Limited, ends_at: number): Window {
    const key = `${limited.type} ${limited.workspace_id}`;
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const window = { ...limited, ends_at, hooks: new Map<string, number>(), admitted: 0, omitted: 0 };
    this.#windows.set(key, window);
    return window;
  }
}
