import type { ReactNode } from 'react';
import { Field } from './field.tsx';

interface TextFieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly autoFocus?: boolean;
  readonly className?: string;
  readonly type?: 'text' | 'number' | 'datetime-local';
}

/** A labeled line of text. */
export const TextField = ({
  label,
  hint,
  error,
  value,
  onChange,
  className = '',
  ...rest
}: TextFieldProps) => (
  <Field label={label} hint={hint} error={error}>
    {(ids) => (
      <input
        {...ids}
        {...rest}
        className={rest.type === 'number' ? `input input-short ${className}` : `input ${className}`}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )}
  </Field>
);
