import { BellwireError, DATABASE_RETRY_S } from '../../core/errors.ts';

/** The SQLSTATE of PostgreSQL, or the code of a failed connection; null for anything else. */
export const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** Classes of SQLSTATE that blame the server, its settings or its resources, not the statement. */
const SERVER_FAULTS = /^(?:08|25006|25P03|28|3D|40|53|55P03|57|58|XX)/;
const CONNECTION_FAULTS =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL)$/;

/** Texts of `pg` for failures that have no code. */
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered|Query read timeout|Client was closed)/;

/** Whether the server or the connection failed, and not the statement. */
export const isServerFault = (error: unknown): boolean => {
  const code = codeOf(error);
  if (code !== null) return SERVER_FAULTS.test(code) || CONNECTION_FAULTS.test(code);
  return error instanceof Error && LOST.test(error.message);
};

/** Whether the connection cannot be used again. */
export const isLost = (error: unknown): boolean => {
  const code = codeOf(error);
  if (code !== null) return /^(?:08|25P03|57P0)/.test(code) || CONNECTION_FAULTS.test(code);
  return error instanceof Error && LOST.test(error.message);
};

const describe = (error: unknown): string => {
  const code = codeOf(error);
  if (code === '53100') return 'the disk of the database server is full';
  if (code === '53300') return 'the database server has no free connection';
  if (code === '25006') return 'the database server is read-only';
  // Other messages name tables, values or addresses, which are not for callers. The log has them.
  return code ?? (error instanceof Error && LOST.test(error.message) ? error.message : 'unknown error');
};

/**
 * The error of a failed write. It may have been stored only if the connection was lost during the commit: then the same
 * write finds its own rows.
 */
export const toStorageError = (error: unknown): BellwireError =>
  error instanceof BellwireError
    ? error
    : new BellwireError(
        'storage_failed',
        `The database could not be written (${describe(error)}). Try again later.`,
        { cause: error, retry_after_s: DATABASE_RETRY_S },
      );
