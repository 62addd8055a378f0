export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Writes one line of JSON. Pass ids and figures, never a secret or a body. */
export type Log = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void;

export const createLog = (min: string, write: (line: string) => void): Log => {
  const index = levels.findIndex((level) => level === min);
  const enabled = new Set<Level>(levels.slice(index === -1 ? levels.indexOf('info') : index));
  return (level, event, fields = {}) => {
    if (!enabled.has(level)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  };
};

/** The log of this process, on stdout, from `LOG_LEVEL` on. */
export const log: Log = createLog(process.env['LOG_LEVEL'] ?? '', (line) => process.stdout.write(line));

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
