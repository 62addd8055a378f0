import { useId } from 'react';
import { Field } from '../../design/field.tsx';
import { useEventTypes } from '../deliveries/event-types.ts';

interface TypeFieldProps {
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (type: string) => void;
}

/** The name of an event type: one of the catalog, or another one. */
export const TypeField = ({ value, error, onChange }: TypeFieldProps) => {
  const types = useEventTypes();
  const list = useId();
  return (
    <Field
      label="Event type"
      error={error}
      hint={
        value !== '' && types.length > 0 && !types.includes(value)
          ? 'This type is not in the catalog, so its data is not checked.'
          : 'Choose one of the catalog.'
      }
    >
      {(ids) => (
        <>
          <input
            {...ids}
            className="input"
            list={list}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
          <datalist id={list}>
            {types.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
};
