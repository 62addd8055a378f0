/** Resolves when it is the turn of the next heavy work of a workspace. */
export type HeavyTurn = (workspace_id: string) => Promise<void>;

/** Characters of JSON that are parsed at once, without a turn. */
export const LIGHT_CHARACTERS = 16_384;

/**
 * Turns for work that takes milliseconds, such as parsing a megabyte: one at a time, workspace by workspace.
 * Light calls do not wait behind the heavy ones that arrived with them.
 */
export const createHeavyTurns = (later: (work: () => void) => void): HeavyTurn => {
  // A Map iterates in insertion order, so its first workspace has waited longest.
  const waiting = new Map<string, (() => void)[]>();
  let is_scheduled = false;

  const schedule = (): void => {
    if (is_scheduled || waiting.size === 0) return;
    is_scheduled = true;
    later(next);
  };
  const next = (): void => {
    is_scheduled = false;
    const [first] = waiting;
    if (first === undefined) return;
    const [workspace_id, turns] = first;
    waiting.delete(workspace_id);
    const resolve = turns.shift();
    if (turns.length > 0) waiting.set(workspace_id, turns);
    resolve?.();
    schedule();
  };
  return (workspace_id) =>
    new Promise((resolve) => {
      const turns = waiting.get(workspace_id) ?? [];
      waiting.set(workspace_id, turns);
      turns.push(resolve);
      schedule();
    });
};
