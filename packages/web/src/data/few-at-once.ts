type Task<T> = () => Promise<T>;

/** Runs a task when its turn comes; never, if it is aborted before. */
export type InTurn = <T>(task: Task<T>, signal: AbortSignal) => Promise<T>;

/**
 * Runs at most `width` tasks at once. The newest one is next, because it is the one that is looked at: rows that have
 * been scrolled away abort theirs.
 */
export const fewAtOnce = (width: number): InTurn => {
  const waiting: (() => void)[] = [];
  let running = 0;
  const next = (): void => {
    if (running >= width) return;
    waiting.pop()?.();
  };
  return (task, signal) =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = waiting.indexOf(start);
        if (at !== -1) waiting.splice(at, 1);
        reject(signal.reason as Error);
      };
      const start = (): void => {
        signal.removeEventListener('abort', abort);
        running += 1;
        task()
          .then(resolve, reject)
          .finally(() => {
            running -= 1;
            next();
          });
      };
      if (signal.aborted) {
        abort();
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      waiting.push(start);
      next();
    });
};
