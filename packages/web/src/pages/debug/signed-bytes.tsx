import type { SignatureExplanation } from '@bellwire/client';
import type { ReactNode } from 'react';
import { visibleText } from '../../design/visible-text.ts';
import { charactersBefore } from './headers-text.ts';

type Signed = NonNullable<SignatureExplanation['signed']>;
type Segment = Signed['body'][number];

/** Longer texts would make the page slow. */
const SHOWN_CHARACTERS = 20_000;

const byteLength = ({ text, hex }: Segment): number =>
  text === null ? (hex ?? '').length / 2 : new TextEncoder().encode(text).length;

const Hex = ({ hex, marked }: { readonly hex: string; readonly marked: boolean }) => (
  <span className={marked ? 'debug-hex debug-mark' : 'debug-hex'} title={`Bytes in hex: ${hex.slice(0, 64)}`}>
    {hex.length > 64 ? `${hex.slice(0, 64)}…` : hex}
  </span>
);

/** The text with its character at the byte marked. */
const marking = (text: string, at: number): ReactNode => {
  const start = charactersBefore(text, at);
  const [character = ''] = Array.from(text.slice(start, start + 2));
  return (
    <>
      {visibleText(text.slice(0, start))}
      <mark className="debug-mark">{character === '\n' ? '↵\n' : visibleText(character)}</mark>
      {visibleText(text.slice(start + character.length))}
    </>
  );
};

const renderBody = (segments: readonly Segment[], at_byte: number | null): readonly ReactNode[] => {
  const nodes: ReactNode[] = [];
  let offset = 0;
  let shown = 0;
  for (const segment of segments) {
    const length = byteLength(segment);
    const at = at_byte === null ? -1 : at_byte - offset;
    const is_here = at >= 0 && at < length;
    const text = segment.text?.slice(0, SHOWN_CHARACTERS - shown) ?? null;
    if (text === null) nodes.push(<Hex key={offset} hex={segment.hex ?? ''} marked={is_here} />);
    else nodes.push(<span key={offset}>{is_here ? marking(text, at) : visibleText(text)}</span>);
    offset += length;
    shown += text?.length ?? 0;
    if (shown >= SHOWN_CHARACTERS) return [...nodes, <span key="rest">…</span>];
  }
  return nodes;
};

interface SignedBytesProps {
  readonly signed: Signed;
  /** The first byte of the body that differs; null if none is known. */
  readonly at_byte: number | null;
}

/** The bytes that the receiver must sign: the text in front of the body, the body, and what is not printable in hex. */
export const SignedBytes = ({ signed, at_byte }: SignedBytesProps) => (
  <section aria-label="Signed bytes">
    <div className="code-head">
      <h3>The {signed.bytes.toLocaleString('en')} bytes that the receiver signs</h3>
    </div>
    <pre className="code" tabIndex={0}>
      <span className="debug-prefix">{visibleText(signed.prefix)}</span>
      {renderBody(signed.body, at_byte)}
    </pre>
  </section>
);
