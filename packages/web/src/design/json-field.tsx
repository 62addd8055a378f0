import type { ReactNode } from 'react';
import { Field } from './field.tsx';
import './json-field.css';

interface JsonIssue {
  readonly path: string;
  readonly message: string;
}

interface JsonFieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Why the text cannot be read at all. */
  readonly problem?: string | undefined;
  /** What is wrong at which path of the value. */
  readonly issues?: readonly JsonIssue[];
  readonly rows?: number;
}

/** An editor for JSON with the problems of its value, each at its path. */
export const JsonField = ({
  label,
  hint,
  text,
  onChange,
  problem,
  issues = [],
  rows = 12,
}: JsonFieldProps) => (
  <div>
    <Field
      label={label}
      hint={hint}
      error={
        problem ??
        (issues.length === 0
          ? undefined
          : `${issues.length} ${issues.length === 1 ? 'value does' : 'values do'} not fit:`)
      }
    >
      {(ids) => (
        <textarea
          {...ids}
          className="input"
          rows={rows}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
    {issues.length === 0 ? null : (
      <ul className="json-issues" aria-label="Problems">
        {issues.map(({ path, message }) => (
          <li key={`${path} ${message}`} className="break">
            <code>{path}</code> {message}
          </li>
        ))}
      </ul>
    )}
  </div>
);
