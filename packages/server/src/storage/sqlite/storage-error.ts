import { BellwireError } from '../../core/errors.ts';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';

/**
 * The error of a failed write. After a failed fsync the kernel may have dropped the pages, and the next one "succeeds"
 * without them (Rebello et al., "Can Applications Recover from fsync Failures?"): the process must exit and let the next
 * one recover from the write-ahead log.
 */
export const toStorageError = (error: unknown): BellwireError => {
  if (error instanceof BellwireError) return error;
  const code = codeOf(error);
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new BellwireError(
      'storage_broken',
      `The database could not be written and cannot be trusted until it is opened again (${code}). Nothing was stored; restart the server.`,
      { cause: error, retry_after_s: 5 },
    );
  }
  const why = code === 'SQLITE_FULL' ? 'the disk is full' : code;
  return new BellwireError(
    'storage_failed',
    `The database could not be written (${why}). Nothing was stored; try again later.`,
    { cause: error, retry_after_s: 5 },
  );
};

/** The error of a failed sync. */
export const notSynced = (cause: NodeJS.ErrnoException): BellwireError =>
  new BellwireError(
    'storage_broken',
    `The disk did not confirm that a write was stored (${cause.code ?? cause.message}), so the database cannot be trusted until it is opened again. It is unknown whether the last writes are stored; restart the server, and send events again with the same idempotency key.`,
    { cause, retry_after_s: 5 },
  );

const DATABASE_FAULTS =
  /^SQLITE_(?:FULL|IOERR|CORRUPT|NOTADB|BUSY|LOCKED|READONLY|CANTOPEN|NOMEM|PROTOCOL|AUTH)/;

/** Whether a statement failed because of the database and not because of the row. */
export const isDatabaseFault = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && DATABASE_FAULTS.test(String(error.code));
