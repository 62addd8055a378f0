import './mark.css';

/** The shape of a state: it differs without color, too. */
export type Tone = 'ok' | 'warn' | 'bad' | 'held' | 'idle';

/** A state as a shape, a color and a word. */
export const Mark = ({ tone, word }: { readonly tone: Tone; readonly word: string }) => (
  <span className={`mark mark-${tone}`}>
    <span className="mark-shape" aria-hidden="true" />
    <span className="cut">{word}</span>
  </span>
);
