export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Writes one line of JSON. Give it ids and figures; never a secret, never a body. */
export type Log = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void;

export const isLevel = (text: string): text is Level => levels.some((level) => level === text);

export const createLog = (least: Level, write: (line: string) => void): Log => {
  const loud = new Set<Level>(levels.slice(levels.indexOf(least)));
  return (level, event, fields = {}) => {
    if (!loud.has(level)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
  };
};

const wanted = process.env['LOG_LEVEL'] ?? '';

/** The log of this process, on stdout. `LOG_LEVEL` says from which level on. */
export const log: Log = createLog(isLevel(wanted) ? wanted : 'info', (line) => process.stdout.write(line));

/** What went wrong, as a text for the log. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
