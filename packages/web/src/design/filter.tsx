import { type FormEvent, useState } from 'react';
import { Button } from './button.tsx';
import { visibleText } from './visible-text.ts';
import './filter.css';

interface SelectFilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: (value: string | null) => void;
}

/** A filter with a choice of values. A value that is not among them is shown, too. */
export const SelectFilter = ({ label, value, options, onChange }: SelectFilterProps) => (
  <label className="filter">
    {label}
    <select value={value ?? ''} onChange={(event) => onChange(event.currentTarget.value || null)}>
      <option value="">any</option>
      {value === undefined || options.some(([key]) => key === value) ? null : (
        <option value={value}>{visibleText(value)}</option>
      )}
      {options.map(([key, name]) => (
        <option key={key} value={key}>
          {visibleText(name)}
        </option>
      ))}
    </select>
  </label>
);

interface SearchBoxProps {
  readonly label: string;
  readonly onSearch: (text: string) => void;
}

/** A search that starts with Enter. */
export const SearchBox = ({ label, onSearch }: SearchBoxProps) => {
  const [text, setText] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSearch(text.trim());
  };
  return (
    <form className="search-box" role="search" onSubmit={submit}>
      <input
        className="input"
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
};

interface ChipProps {
  readonly label: string;
  readonly value: string;
  readonly onClear: () => void;
}

/** An active filter that a search has set, with a way to remove it. */
export const Chip = ({ label, value, onClear }: ChipProps) => (
  <span className="chip">
    <span className="quiet">{label}</span>
    <span className="cut chip-value" title={visibleText(value)}>
      {visibleText(value)}
    </span>
    <Button kind="bare" aria-label={`Remove the filter ${label}`} onClick={onClear}>
      ×
    </Button>
  </span>
);
