import { Button } from '../../../design/button.tsx';
import { useWords } from '../../../words/words.ts';
import type { Pair } from './hook-draft.ts';

interface PairsInputProps {
  readonly label: string;
  readonly hint: string;
  readonly error: string | undefined;
  readonly pairs: readonly Pair[];
  readonly onChange: (pairs: readonly Pair[]) => void;
}

/** Names with values, one pair a line. */
export const PairsInput = ({ label, hint, error, pairs, onChange }: PairsInputProps) => {
  const words = useWords().hook_form;
  const replace = (at: number, pair: Pair): void => onChange(pairs.map((old, n) => (n === at ? pair : old)));
  return (
    <fieldset className="events">
      <legend className="field-label">{label}</legend>
      {pairs.map(([name, value], at) => (
        // Rows have no identity but their position.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className="pair">
          <input
            className="input"
            aria-label={`${label}, ${words.row_name} ${at + 1}`}
            placeholder={words.row_name}
            value={name}
            onChange={(event) => replace(at, [event.currentTarget.value, value])}
          />
          <input
            className="input"
            aria-label={`${label}, ${words.row_value} ${at + 1}`}
            placeholder={words.row_value}
            value={value}
            onChange={(event) => replace(at, [name, event.currentTarget.value])}
          />
          <Button onClick={() => onChange(pairs.filter((_, n) => n !== at))}>{words.remove_row}</Button>
        </div>
      ))}
      <div>
        <Button onClick={() => onChange([...pairs, ['', '']])}>{words.add_row}</Button>
      </div>
      <div className={error === undefined ? 'field-hint' : 'field-error'}>{error ?? hint}</div>
    </fieldset>
  );
};
