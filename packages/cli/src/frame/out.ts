import type { Style } from '../print/style.ts';
import { printJson } from '../print/json.ts';
import type { Shell } from './shell.ts';

/** The output of a command: JSON for programs, text for people. */
export interface Out {
  /** Prints the result: as JSON with `--json`, otherwise with `format`. */
  readonly print: <T>(value: T, format: (value: T, style: Style) => string) => void;
  /** Prints one item of a stream; with `--json`, each item is one line. */
  readonly printItem: <T>(value: T, format: (value: T, style: Style) => string) => void;
  /** Prints a hint on standard error, unless `--json` is set. */
  readonly note: (text: string) => void;
}

const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

export const createOut = (shell: Shell, json: boolean): Out => {
  const style: Style = { width: shell.width, colours: shell.colours };
  return {
    print: (value, format) => {
      // A response without a body has no JSON.
      if (json && value === undefined) return;
      shell.write(line(json ? printJson(value, 2) : format(value, style)));
    },
    printItem: (value, format) => shell.write(line(json ? printJson(value) : format(value, style))),
    note: (text) => {
      if (!json) shell.writeError(line(text));
    },
  };
};
