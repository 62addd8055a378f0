export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines. Callers never pass bodies, secrets, header values or query strings. */
export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}
