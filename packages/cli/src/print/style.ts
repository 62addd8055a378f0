import { styleText } from 'node:util';

/** How text for people looks where it goes. */
export interface Style {
  /** Columns of the terminal; null where nothing needs to be cut. */
  readonly width: number | null;
  readonly colours: boolean;
}

export type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Without its colour where there are none. */
export const paint = (text: string, colour: Colour | null, { colours }: Style): string =>
  colour === null || !colours ? text : styleText(colour, text, { validateStream: false });

const MEANINGS: Readonly<Record<string, Colour>> = {
  active: 'green',
  succeeded: 'green',
  verified: 'green',
  accepted: 'green',
  failed: 'red',
  disabled: 'red',
  refused: 'red',
  held: 'yellow',
  paused: 'yellow',
  pending: 'yellow',
  sending: 'yellow',
  unvalidated: 'yellow',
  unsigned: 'yellow',
  unknown: 'yellow',
  canceled: 'dim',
};

/** The colour of a status, of whatever it is the status. */
export const colourOf = (status: string): Colour | null =>
  Object.hasOwn(MEANINGS, status) ? (MEANINGS[status] ?? null) : null;
