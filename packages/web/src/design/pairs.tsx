import { Button } from './button.tsx';
import { visibleText } from './visible-text.ts';
import './pairs.css';

export type Pair = readonly [name: string, value: string];

/** The pairs as a record, without those that nothing was typed in. */
export const recordOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(([name, value]) => name !== '' || value !== ''));

interface PairsProps {
  readonly label: string;
  readonly pairs: readonly Pair[];
  readonly onChange: (pairs: readonly Pair[]) => void;
}

/** An editor for names with values. */
export const Pairs = ({ label, pairs, onChange }: PairsProps) => {
  const replace = (at: number, pair: Pair): void =>
    onChange(pairs.map((each, index) => (index === at ? pair : each)));
  return (
    <div className="stack" role="group" aria-label={label}>
      {pairs.map(([name, value], at) => (
        // A pair has no identity but its place while its name is typed.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className="pair">
          <input
            className="input"
            aria-label={`Name ${at + 1}`}
            placeholder="name"
            value={name}
            onChange={(event) => replace(at, [event.currentTarget.value, value])}
          />
          <input
            className="input"
            aria-label={`Value ${at + 1}`}
            placeholder="value"
            value={value}
            onChange={(event) => replace(at, [name, event.currentTarget.value])}
          />
          <Button
            kind="bare"
            aria-label={`Remove ${visibleText(name)}`}
            onClick={() => onChange(pairs.filter((_, index) => index !== at))}
          >
            Remove
          </Button>
        </div>
      ))}
      <div>
        <Button onClick={() => onChange([...pairs, ['', '']])}>Add a value</Button>
      </div>
    </div>
  );
};
