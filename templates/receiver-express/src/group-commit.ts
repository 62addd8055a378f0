import type { Database } from 'better-sqlite3';

interface Write {
  /** Runs it, and answers how to tell its result once it is on the disk. */
  readonly run: () => () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Puts the writes of one turn of the event loop into one transaction: one wait for the disk for all of them. The
 * promise of a write is fulfilled after the commit; when that fails, those of all its writes are rejected.
 */
export const createGroupCommit = (db: Database, onFailure: () => void) => {
  let writes: Write[] = [];
  const runAll = db.transaction((all: readonly Write[]) => all.map(({ run }) => run()));

  const commit = (): void => {
    const all = writes;
    writes = [];
    try {
      for (const tell of runAll.immediate(all)) tell();
    } catch (error) {
      onFailure();
      for (const { fail } of all) fail(error);
    }
  };

  return <Result>(write: () => Result): Promise<Result> =>
    new Promise((resolve, fail) => {
      // After the poll phase: every request that came in this turn has asked by then.
      if (writes.length === 0) setImmediate(commit);
      writes.push({
        run: () => {
          const result = write();
          return () => resolve(result);
        },
        fail,
      });
    });
};
