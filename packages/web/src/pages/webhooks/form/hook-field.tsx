import type { Hook } from '@bellwire/client';
import type { ComponentType } from 'react';
import { Button } from '../../../design/button.tsx';
import { Check, Field } from '../../../design/field.tsx';
import { useWords } from '../../../words/words.ts';
import type { FieldName } from './dialect-form.ts';
import { CertificateInput } from './certificate-input.tsx';
import { EventPicker } from './event-picker.tsx';
import type { FieldProps } from './field-props.ts';
import { FilterInput } from './filter-input.tsx';
import { PairsInput } from './pairs-input.tsx';
import { SecretInput } from './secret-input.tsx';

interface TextOptions {
  readonly key:
    | 'url'
    | 'name'
    | 'description'
    | 'order_key'
    | 'max_attempts'
    | 'retry_schedule'
    | 'timeout_s'
    | 'rate_limit'
    | 'tenant';
  readonly type?: 'text' | 'url' | 'number';
  readonly placeholder?: string;
}

const textField = ({ key, type = 'text', placeholder }: TextOptions) =>
  function TextField({ draft, set, label, hint, error }: FieldProps) {
    return (
      <Field label={label} hint={hint || undefined} error={error}>
        {(ids) => (
          <input
            {...ids}
            className={type === 'number' ? 'input input-short' : 'input'}
            // A browser's own check of URLs would hide the server's better message.
            type={type === 'url' ? 'text' : type}
            inputMode={type === 'url' ? 'url' : undefined}
            step={type === 'number' ? 'any' : undefined}
            autoComplete="off"
            spellCheck={type === 'text'}
            placeholder={placeholder}
            value={draft[key]}
            onChange={(event) => set({ [key]: event.currentTarget.value })}
          />
        )}
      </Field>
    );
  };

const choiceField = (key: 'method' | 'content_type', options: readonly string[]) =>
  function ChoiceField({ draft, set, label, hint, error }: FieldProps) {
    return (
      <Field label={label} hint={hint || undefined} error={error}>
        {(ids) => (
          <select
            {...ids}
            className="input"
            value={draft[key]}
            onChange={(event) => set({ [key]: event.currentTarget.value })}
          >
            {options.map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  };

const Events = ({ draft, set, label, hint, error }: FieldProps) => (
  <EventPicker
    label={label}
    hint={hint}
    error={error}
    events={draft.events}
    onChange={(events) => set({ events })}
  />
);

const Active = ({ draft, set, label, hint }: FieldProps) => (
  <Check label={label} hint={hint} checked={draft.active} onChange={(active) => set({ active })} />
);

const Ordered = ({ draft, set, label, hint }: FieldProps) => (
  <Check label={label} hint={hint} checked={draft.ordered} onChange={(ordered) => set({ ordered })} />
);

const Ssl = ({ draft, set, label, hint }: FieldProps) => (
  <Check
    label={label}
    hint={hint}
    checked={!draft.insecure_ssl}
    onChange={(verified) => set({ insecure_ssl: !verified })}
  />
);

const Headers = ({ draft, set, label, hint, error, hidden_headers = [] }: HookFieldProps) => {
  const words = useWords().hook_form;
  if (draft.headers === null)
    return (
      <div className="field">
        <span className="field-label">{label}</span>
        <span className="quiet break">{words.headers_kept(hidden_headers.join(', '))}</span>
        <div>
          <Button onClick={() => set({ headers: hidden_headers.map((name) => [name, '']) })}>
            {words.replace_headers}
          </Button>{' '}
          <Button onClick={() => set({ headers: [] })}>{words.drop_headers}</Button>
        </div>
        {error === undefined ? null : (
          <div className="field-error" role="alert">
            {error}
          </div>
        )}
      </div>
    );
  return (
    <PairsInput
      label={label}
      hint={hint}
      error={error}
      pairs={draft.headers}
      onChange={(headers) => set({ headers })}
    />
  );
};

const Metadata = ({ draft, set, label, hint, error }: FieldProps) => (
  <PairsInput
    label={label}
    hint={hint}
    error={error}
    pairs={draft.metadata}
    onChange={(metadata) => set({ metadata })}
  />
);

/** The dialect is chosen outside of the values, because it changes the form. */
const FIELDS: Readonly<Record<Exclude<FieldName, 'dialect'>, ComponentType<HookFieldProps>>> = {
  url: textField({ key: 'url', type: 'url', placeholder: 'https://example.com/webhooks' }),
  name: textField({ key: 'name' }),
  description: textField({ key: 'description' }),
  events: Events,
  filter: FilterInput,
  secret: SecretInput,
  active: Active,
  ssl: Ssl,
  method: choiceField('method', ['POST', 'PUT', 'PATCH', 'DELETE']),
  content_type: choiceField('content_type', ['application/json', 'application/x-www-form-urlencoded']),
  ordered: Ordered,
  order_key: textField({ key: 'order_key', placeholder: 'order.id' }),
  max_attempts: textField({ key: 'max_attempts', type: 'number' }),
  retry_schedule: textField({ key: 'retry_schedule', placeholder: '0s, 1m, 5m' }),
  timeout: textField({ key: 'timeout_s', type: 'number' }),
  rate_limit: textField({ key: 'rate_limit', placeholder: '100/minute' }),
  headers: Headers,
  metadata: Metadata,
  tenant: textField({ key: 'tenant' }),
  client_certificate: CertificateInput,
};

export interface HookFieldProps extends FieldProps {
  /** The names of the stored headers, whose values cannot be shown. */
  readonly hidden_headers?: readonly string[];
  /** The stored certificate, whose key cannot be shown. */
  readonly certificate?: Hook['client_certificate'];
}

/** One field of the form by its name. */
export const HookField = ({ name, ...props }: HookFieldProps & { readonly name: keyof typeof FIELDS }) => {
  const Input = FIELDS[name];
  return <Input {...props} />;
};
