type Fields = Readonly<Record<string, unknown>>;

/** Writes one line of JSON to stdout. Pass ids and figures, never a secret or a body. */
export const log = (level: 'info' | 'warn' | 'error', event: string, fields?: Fields): void => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
};
