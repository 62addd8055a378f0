import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../../design/button.tsx';
import { Check } from '../../../design/field.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';
import { type CatalogType, useCatalog } from './use-catalog.ts';
import { covers, type EventGroup, groupsOf, isCovered, withEntry } from './event-groups.ts';
import './event-picker.css';

const NO_TYPES: readonly CatalogType[] = [];
/** With fewer types, a search is of no use. */
const SEARCHED_FROM = 12;

interface EventPickerProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly events: readonly string[];
  readonly onChange: (events: readonly string[]) => void;
}

/** Chooses event types from the catalog, by name or by pattern. */
export const EventPicker = ({ label, hint, error, events, onChange }: EventPickerProps) => {
  const words = useWords().hook_form.events;
  const id = useId();
  const catalog = useCatalog();
  const [search, setSearch] = useState('');
  const types = catalog ?? NO_TYPES;
  const names = types.map(({ name }) => name);
  const shown = names.filter((name) => name.toLowerCase().includes(search.trim().toLowerCase()));
  const groups = groupsOf(shown);
  const unlisted = events.filter(
    (entry) => entry !== '*' && !names.includes(entry) && !isGroup(entry, names),
  );
  const note = error ?? hint;
  const set = (entry: string, chosen: boolean): void => onChange(withEntry(events, entry, chosen));
  return (
    <fieldset className="events" aria-describedby={`${id}-note`} aria-invalid={error !== undefined}>
      <legend className="field-label">
        {label} {events.length === 0 ? null : <span className="quiet">{words.chosen(events.length)}</span>}
      </legend>
      <div id={`${id}-note`} className={error === undefined ? 'field-hint' : 'field-error'}>
        {note}
      </div>
      <Check
        label={words.all}
        hint={words.all_hint}
        checked={events.includes('*')}
        onChange={(chosen) => onChange(chosen ? ['*'] : [])}
      />
      {names.length < SEARCHED_FROM ? null : (
        <input
          className="input"
          type="search"
          aria-label={words.filter}
          placeholder={words.filter}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {events.includes('*')
        ? null
        : groups.map((group) => (
            <Group
              key={group.prefix ?? ''}
              group={group}
              is_titled={groups.length > 1 || group.prefix !== null}
              types={types}
              events={events}
              set={set}
            />
          ))}
      {catalog?.length === 0 && !events.includes('*') ? <p className="quiet">{words.empty_catalog}</p> : null}
      <Unlisted entries={unlisted} onRemove={(entry) => set(entry, false)} />
      {events.includes('*') ? null : <AddEntry onAdd={(entry) => set(entry, true)} />}
    </fieldset>
  );
};

/** Whether an entry is the pattern of a group, which has a checkbox of its own. */
const isGroup = (entry: string, names: readonly string[]): boolean =>
  groupsOf(names).some(({ prefix }) => prefix !== null && entry === `${prefix}.*`);

interface GroupProps {
  readonly group: EventGroup;
  /** A single group of other types needs no title. */
  readonly is_titled: boolean;
  readonly types: readonly CatalogType[];
  readonly events: readonly string[];
  readonly set: (entry: string, chosen: boolean) => void;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const Group = ({ group: { prefix, names }, is_titled, types, events, set }: GroupProps) => {
  const words = useWords().hook_form.events;
  const pattern = prefix === null ? null : `${prefix}.*`;
  return (
    <div
      className="event-group"
      role="group"
      aria-label={prefix === null ? words.other : words.group(capitalized(prefix))}
    >
      {is_titled ? (
        <div className="event-group-head">
          <h2>{prefix === null ? words.other : words.group(capitalized(prefix))}</h2>
          {pattern === null ? null : (
            <Check
              label={words.all_of(pattern)}
              checked={events.some((entry) => covers(entry, pattern))}
              onChange={(chosen) => set(pattern, chosen)}
            />
          )}
        </div>
      ) : null}
      <div className="event-names">
        {names.map((name) => (
          <Check
            key={name}
            label={<span className="break">{visibleText(name)}</span>}
            hint={visibleText(types.find((type) => type.name === name)?.description ?? '') || undefined}
            checked={events.some((entry) => covers(entry, name))}
            disabled={isCovered(events, name)}
            onChange={(chosen) => set(name, chosen)}
          />
        ))}
      </div>
    </div>
  );
};

interface UnlistedProps {
  readonly entries: readonly string[];
  readonly onRemove: (entry: string) => void;
}

/** Chosen entries that the catalog does not have. */
const Unlisted = ({ entries, onRemove }: UnlistedProps) => {
  const words = useWords().hook_form;
  if (entries.length === 0) return null;
  return (
    <ul className="inline" aria-label={words.events.added}>
      {entries.map((entry) => (
        <li key={entry} className="chip">
          <span className="cut">{visibleText(entry)}</span>
          <Button
            kind="bare"
            aria-label={`${words.remove_row} ${visibleText(entry)}`}
            onClick={() => onRemove(entry)}
          >
            ×
          </Button>
        </li>
      ))}
    </ul>
  );
};

const AddEntry = ({ onAdd }: { readonly onAdd: (entry: string) => void }) => {
  const words = useWords().hook_form;
  const id = useId();
  const [text, setText] = useState('');
  const add = (event: Pick<FormEvent, 'preventDefault'>): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    onAdd(text.trim());
    setText('');
  };
  return (
    <div className="field">
      <div className="inline event-add">
        <input
          className="input"
          aria-label={words.events.add}
          aria-describedby={id}
          placeholder={words.events.add}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          // Enter adds the entry; it does not submit the form around it.
          onKeyDown={(event) => (event.key === 'Enter' ? add(event) : undefined)}
        />
        <Button onClick={add}>{words.add_row}</Button>
      </div>
      <div id={id} className="field-hint">
        {words.events.add_hint}
      </div>
    </div>
  );
};
