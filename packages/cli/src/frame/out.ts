import type { Style } from '../print/style.ts';
import { printJson } from '../print/json.ts';
import type { Shell } from './shell.ts';

/** Where answers go: JSON for programs, text for people. */
export interface Out {
  /** Prints an answer: as JSON with `--json`, else as `print` writes it. */
  readonly answer: <T>(value: T, print: (value: T, style: Style) => string) => void;
  /** Prints one of many that come one after the other: with `--json` each on a line of its own. */
  readonly next: <T>(value: T, print: (value: T, style: Style) => string) => void;
  /** Says something that is no answer, to people only and on standard error. */
  readonly note: (text: string) => void;
}

const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

export const createOut = (shell: Shell, json: boolean): Out => {
  const style: Style = { width: shell.width, colours: shell.colours };
  return {
    answer: (value, print) => {
      // What the API answers without a body has no JSON either.
      if (json && value === undefined) return;
      shell.write(line(json ? printJson(value, 2) : print(value, style)));
    },
    next: (value, print) => shell.write(line(json ? printJson(value) : print(value, style))),
    note: (text) => {
      if (!json) shell.complain(line(text));
    },
  };
};
