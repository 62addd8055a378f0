/**
 * Every error code with its HTTP status. RPC, REST and the command line use this table, and the docs are checked
 * against it.
 */
export const errorTable = {
  invalid_json: 400,
  invalid_utf8: 400,
  number_not_representable: 400,
  invalid_cursor: 400,
  ambiguous_host: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_conflict: 409,
  not_validated: 409,
  hook_not_active: 409,
  already_exists: 409,
  in_use: 409,
  catalog_full: 409,
  too_many_hooks: 409,
  delivery_canceled: 409,
  delivery_in_flight: 409,
  not_ordered: 409,
  payload_expired: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  host_refused: 421,
  invalid_input: 422,
  unknown_event_type: 422,
  reserved_event_type: 422,
  schema_violation: 422,
  schema_invalid: 422,
  schema_too_slow: 422,
  example_required: 422,
  url_refused: 422,
  headers_required: 422,
  secret_required: 422,
  too_many_requests: 429,
  internal: 500,
  storage_failed: 503,
  storage_broken: 503,
  overloaded: 503,
  shutting_down: 503,
  config_invalid: 500,
  port_taken: 500,
  folder_unwritable: 500,
  database_in_use: 500,
  database_unreachable: 500,
  database_newer: 500,
  database_incompatible: 500,
  database_incomplete: 500,
  database_not_migrated: 500,
  database_not_durable: 500,
  wrong_encryption_key: 500,
  key_file_exposed: 500,
  backup_failed: 500,
  move_failed: 500,
} as const;

export type ErrorCode = keyof typeof errorTable;

/** An issue of an input. `path` has dots and is empty for the whole input. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** An input can have any number of issues; an answer has the first ones. */
const MAX_ISSUES = 20;

/** The issues of an answer as the end of a sentence: "is required; must be a text; and 3 more". */
export const listIssues = (issues: readonly Issue[], show: (issue: Issue) => string): string => {
  const shown = issues.slice(0, MAX_ISSUES).map(show).join('; ');
  const omitted = issues.length - MAX_ISSUES;
  return omitted > 0 ? `${shown}; and ${omitted} more` : shown;
};

export interface ErrorDetails {
  /** The error has the first 20 of them. */
  readonly issues?: readonly Issue[] | undefined;
  /** Seconds after which the same call may succeed. */
  readonly retry_after_s?: number | undefined;
  readonly cause?: unknown;
}

/** `retry_after_s` of a call that failed because the database did not answer. */
export const DATABASE_RETRY_S = 5;

/** The only error that Bellwire throws on purpose. `message` is written for people. */
export class BellwireError extends Error {
  override readonly name = 'BellwireError';
  readonly code: ErrorCode;
  readonly issues: readonly Issue[] | undefined;
  readonly retry_after_s: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.issues = details.issues?.slice(0, MAX_ISSUES);
    this.retry_after_s = details.retry_after_s;
  }

  /** The HTTP status of this error's code. */
  get status(): number {
    return errorTable[this.code];
  }
}

/**
 * Converts any thrown value to a BellwireError, once at each boundary. An unknown error becomes `internal` (or the
 * given code) with a message that does not expose it; the original is kept as `cause`.
 */
export const coerceError = (thrown: unknown, code: ErrorCode = 'internal'): BellwireError =>
  thrown instanceof BellwireError
    ? thrown
    : new BellwireError(code, 'Unexpected server error. See the server log for details.', {
        cause: thrown,
      });
