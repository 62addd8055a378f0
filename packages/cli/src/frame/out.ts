import type { Style } from '../print/style.ts';
import { printJson } from '../print/json.ts';
import type { Shell } from './shell.ts';

/** The output of a command: JSON for programs, text for people. */
export interface Out {
  /** Prints the answer: as JSON with `--json`, otherwise formatted by `print`. */
  readonly answer: <T>(value: T, print: (value: T, style: Style) => string) => void;
  /** Prints one item of a stream; with `--json`, each item is one line. */
  readonly next: <T>(value: T, print: (value: T, style: Style) => string) => void;
  /** Prints a hint on standard error, unless `--json` is set. */
  readonly note: (text: string) => void;
}

const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

export const createOut = (shell: Shell, json: boolean): Out => {
  const style: Style = { width: shell.width, colours: shell.colours };
  return {
    answer: (value, print) => {
      // A response without a body has no JSON.
      if (json && value === undefined) return;
      shell.write(line(json ? printJson(value, 2) : print(value, style)));
    },
    next: (value, print) => shell.write(line(json ? printJson(value) : print(value, style))),
    note: (text) => {
      if (!json) shell.writeError(line(text));
    },
  };
};
