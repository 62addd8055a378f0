import { useId } from 'react';
import { Button } from '../../../design/button.tsx';
import { Field } from '../../../design/field.tsx';
import { useWords } from '../../../words/words.ts';
import type { FieldProps } from './field-props.ts';

const SECRET_BYTES = 20;

/** 40 hex digits. `crypto.randomUUID` is missing on plain HTTP; this is not. */
const randomSecret = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** The secret of a hook, as its dialect asks for it. */
export const SecretInput = (props: FieldProps) => {
  const { form, is_new, label, hint } = props;
  if (form.secret === 'generated')
    return (
      <div className="field">
        <span className="field-label">{label}</span>
        <span className="quiet">{hint}</span>
      </div>
    );
  return form.secret === 'choice' && is_new ? <SecretChoice {...props} /> : <SecretText {...props} />;
};

const SecretText = ({ draft, set, rules, is_new, label, hint, error }: FieldProps) => {
  const { secret: words, unsigned } = useWords().hook_form;
  return (
    <Field
      label={label}
      hint={is_new ? hint : draft.secret_choice === 'none' ? words.none_warning : words.keep}
      error={error}
    >
      {(ids) => (
        <span className="inline event-add">
          <input
            {...ids}
            className="input mono"
            autoComplete="off"
            spellCheck={false}
            maxLength={256}
            value={draft.secret}
            onChange={(event) =>
              set({
                secret: event.currentTarget.value,
                secret_choice: event.currentTarget.value === '' ? 'generated' : 'own',
              })
            }
          />
          <Button onClick={() => set({ secret: randomSecret(), secret_choice: 'own' })}>
            {words.generate}
          </Button>
          {error === undefined || is_new || !rules.unsigned ? null : (
            <Button onClick={() => set({ secret: '', secret_choice: 'none' })}>{unsigned}</Button>
          )}
        </span>
      )}
    </Field>
  );
};

const SecretChoice = ({ draft, set, rules, label, error }: FieldProps) => {
  const words = useWords().hook_form.secret;
  const name = useId();
  const choices = ['generated', 'own', ...(rules.unsigned ? (['none'] as const) : [])] as const;
  return (
    <fieldset className="events">
      <legend className="field-label">{label}</legend>
      {choices.map((choice) => (
        <label key={choice} className="check">
          <input
            type="radio"
            name={name}
            checked={draft.secret_choice === choice}
            onChange={() => set({ secret_choice: choice })}
          />
          {words[choice]}
        </label>
      ))}
      {draft.secret_choice === 'own' ? (
        <input
          className="input mono"
          aria-label={label}
          aria-invalid={error === undefined ? undefined : true}
          autoComplete="off"
          spellCheck={false}
          maxLength={256}
          value={draft.secret}
          onChange={(event) => set({ secret: event.currentTarget.value })}
        />
      ) : null}
      <div className={error === undefined ? 'field-hint' : 'field-error'}>
        {error ??
          {
            generated: words.shown_after,
            own: words.own_hint,
            none: words.none_warning,
          }[draft.secret_choice]}
      </div>
    </fieldset>
  );
};
