import { Field } from '../../../design/field.tsx';
import { useWords } from '../../../words/words.ts';
import { dialectNames } from './dialect-rules.ts';

interface DialectChoiceProps {
  /** The dialect of the workspace; null while it is unknown. */
  readonly usual: string | null;
  readonly value: string | null;
  readonly onChange: (dialect: string | null) => void;
}

/** Chooses another dialect than that of the workspace. */
export const DialectChoice = ({ usual, value, onChange }: DialectChoiceProps) => {
  const words = useWords().hook_form;
  const names = dialectNames.filter((name) => name !== usual);
  return (
    <Field label={words.labels.dialect} hint={words.hints.dialect}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={value ?? ''}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        >
          <option value="">{words.default_format(usual ?? '')}</option>
          {value === null || names.includes(value) ? null : <option value={value}>{value}</option>}
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
};
