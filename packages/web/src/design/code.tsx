import { useMemo, useState } from 'react';
import { useWords } from '../words/words.ts';
import { Button } from './button.tsx';
import { CopyButton } from './copy.tsx';
import { numberText } from './locale.ts';
import { visibleText } from './visible-text.ts';
import './code.css';

const parsed = (text: string): string | null => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
};

/** Above this size, only the beginning is rendered at first. */
const SHOWN_CHARACTERS = 20_000;

interface BodyProps {
  readonly label: string;
  readonly text: string;
  /** Whether the server kept only the beginning. */
  readonly truncated?: boolean;
}

/** The body of a message: as text, never as HTML. JSON is indented for reading; "Raw" shows the exact bytes. */
export const Body = ({ label, text, truncated = false }: BodyProps) => {
  const words = useWords().design;
  const pretty = useMemo(() => parsed(text), [text]);
  const [raw, setRaw] = useState(false);
  const [whole, setWhole] = useState(false);
  const full = raw || pretty === null ? text : pretty;
  const shown = whole ? full : full.slice(0, SHOWN_CHARACTERS);
  return (
    <section className="code-block" aria-label={label}>
      <div className="code-head">
        <h3>
          {label}, {words.bytes(numberText(new TextEncoder().encode(text).length))}
          {truncated ? ` ${words.truncated}` : ''}
        </h3>
        {pretty === null ? null : (
          <Button kind="bare" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            {raw ? words.indented : words.raw}
          </Button>
        )}
        <CopyButton text={text} label={words.copy} />
      </div>
      {/* Scrollable regions need a tab stop for the keyboard. */}
      <pre className="code" tabIndex={0}>
        {text === '' ? <span className="quiet">{words.empty}</span> : visibleText(shown)}
      </pre>
      {shown.length < full.length ? (
        <Button onClick={() => setWhole(true)}>
          {words.show_rest(numberText(full.length - shown.length))}
        </Button>
      ) : null}
    </section>
  );
};

/** Source code or a command to copy. */
export const Snippet = ({ text, label }: { readonly text: string; readonly label: string }) => (
  <div className="snippet">
    <pre className="code" tabIndex={0} aria-label={label}>
      {text}
    </pre>
    <CopyButton text={text} label={useWords().design.copy} />
  </div>
);
