import { EventEmitter, once } from 'node:events';

export interface Line {
  readonly event: string;
  readonly level: string;
  readonly [field: string]: unknown;
}

const PATIENCE_MS = 20_000;

/** The lines of a log, and a way to wait for one of them. */
export const createLogLines = () => {
  const lines: Line[] = [];
  const grown = new EventEmitter().setMaxListeners(0);
  return {
    lines,
    add: (line: string) => {
      lines.push(JSON.parse(line) as Line);
      grown.emit('line');
    },
    /** The first line of this event (that fits), as soon as it is there; an error when it does not come. */
    until: async (event: string, fits: (line: Line) => boolean = () => true): Promise<Line> => {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const found = lines.find((line) => line.event === event && fits(line));
        if (found !== undefined) return found;
        await once(grown, 'line', { signal });
      }
    },
    count: (event: string): number => lines.filter((line) => line.event === event).length,
  };
};
