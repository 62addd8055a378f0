import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import type { Filters } from '../../data/address.ts';
import { useWords } from '../../words/words.ts';
import { useEventTypes } from './event-types.ts';
import { useHooks } from './hook-names.ts';
import { useSlashKey } from '../../design/use-key.ts';
import { visibleText } from '../../design/visible-text.ts';

interface FilterBarProps {
  readonly filters: Filters;
  readonly change: (changes: Readonly<Record<string, string | null>>) => void;
}

interface FilterProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: (value: string | null) => void;
}

/** A choice of one value, or any. */
export const Filter = ({ label, value, options, onChange }: FilterProps) => {
  const { any } = useWords().deliveries;
  const is_listed = value === undefined || options.some(([key]) => key === value);
  return (
    <label className="filter">
      <span aria-hidden="true">{label}</span>
      <select
        aria-label={label}
        value={value ?? ''}
        onChange={(event) => onChange(event.currentTarget.value || null)}
      >
        <option value="">{any}</option>
        {is_listed ? null : <option value={value}>{visibleText(value)}</option>}
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {visibleText(name)}
          </option>
        ))}
      </select>
    </label>
  );
};

const STATUSES = ['pending', 'sending', 'succeeded', 'failed', 'held', 'canceled'] as const;

/** Finds a delivery or the deliveries of an event. `/` focuses it. */
const Search = ({ change }: Pick<FilterBarProps, 'change'>) => {
  const words = useWords().deliveries;
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const ref = useSlashKey();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const id = text.trim();
    if (id.startsWith('dlv_')) navigate(`/deliveries/${id}`);
    // Receivers know the event's id, or the delivery's own id in the wire format.
    else
      change(
        id.startsWith('evt_') || id === ''
          ? { event_id: id, wire_id: null }
          : { wire_id: id, event_id: null },
      );
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <input
        ref={ref}
        className="input"
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
};

/** The filters of the deliveries; their values are in the address. */
export const FilterBar = ({ filters, change }: FilterBarProps) => {
  const words = useWords();
  const hooks = useHooks();
  const types = useEventTypes();
  const { filters: names, times } = words.deliveries;
  return (
    <div className="filters">
      <Search change={change} />
      <Filter
        label={names.status}
        value={filters['status']}
        options={STATUSES.map((status) => [status, words.status[status]])}
        onChange={(status) => change({ status })}
      />
      <Filter
        label={names.hook}
        value={filters['hook_id']}
        options={hooks.map(({ id, name }) => [id, name])}
        onChange={(hook_id) => change({ hook_id })}
      />
      <Filter
        label={names.type}
        value={filters['event_type']}
        options={types.map((name) => [name, name])}
        onChange={(event_type) => change({ event_type })}
      />
      <Filter
        label={names.outcome}
        value={filters['outcome']}
        options={Object.entries(words.outcomes)}
        onChange={(outcome) => change({ outcome })}
      />
      <Filter
        label={names.time}
        value={filters['time']}
        options={Object.entries(times)}
        onChange={(time) => change({ time })}
      />
    </div>
  );
};
