import { styleText } from 'node:util';

/** The formatting of text output. */
export interface Style {
  /** Columns of the terminal; null if lines are not truncated. */
  readonly width: number | null;
  readonly colours: boolean;
}

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Colours the text, if the style has colours. */
export const paint = (text: string, colour: Colour | null, { colours }: Style): string =>
  colour === null || !colours ? text : styleText(colour, text, { validateStream: false });

const STATUS_COLOURS: Readonly<Record<string, Colour>> = {
  active: 'green',
  succeeded: 'green',
  verified: 'green',
  accepted: 'green',
  completed: 'green',
  failed: 'red',
  disabled: 'red',
  refused: 'red',
  held: 'yellow',
  paused: 'yellow',
  pending: 'yellow',
  sending: 'yellow',
  running: 'yellow',
  unvalidated: 'yellow',
  unsigned: 'yellow',
  unknown: 'yellow',
  canceled: 'dim',
};

/** The colour of a status of any kind. */
export const colourOf = (status: string): Colour | null =>
  Object.hasOwn(STATUS_COLOURS, status) ? (STATUS_COLOURS[status] ?? null) : null;
