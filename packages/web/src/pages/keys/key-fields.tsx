import type { ApiKey } from '@bellwire/client';
import { useId } from 'react';
import { Field } from '../../design/field.tsx';
import { SCOPE_WORDS, SCOPES } from './scopes.ts';
import { useWorkspaces } from './use-workspaces.ts';
import { visibleText } from '../../design/visible-text.ts';

interface ScopeFieldProps {
  readonly value: ApiKey['scope'];
  readonly onChange: (scope: ApiKey['scope']) => void;
}

/** What a key may do. */
export const ScopeField = ({ value, onChange }: ScopeFieldProps) => {
  const id = useId();
  return (
    <div className="stack" role="radiogroup" aria-label="Scope">
      {SCOPES.map((scope) => (
        <div key={scope} className="check">
          <input
            type="radio"
            id={`${id}-${scope}`}
            name={id}
            checked={value === scope}
            aria-describedby={`${id}-${scope}-note`}
            onChange={() => onChange(scope)}
          />
          <div>
            <label htmlFor={`${id}-${scope}`}>{SCOPE_WORDS[scope].name}</label>
            <div id={`${id}-${scope}-note`} className="field-hint">
              {SCOPE_WORDS[scope].hint}
            </div>
          </div>
        </div>
      ))}
    </div>
  );
};

interface WorkspaceFieldProps {
  readonly value: string;
  readonly onChange: (workspace_id: string) => void;
}

/** The workspace of a key. */
export const WorkspaceField = ({ value, onChange }: WorkspaceFieldProps) => {
  const { data } = useWorkspaces();
  return (
    <Field label="Workspace">
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {(data ?? []).map(({ id, name }) => (
            <option key={id} value={id}>
              {visibleText(name)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
};

const DAY_S = 86_400;

/** The choices of when a key expires, in days. */
const EXPIRIES: readonly (readonly [days: number, name: string])[] = [
  [7, 'In 7 days'],
  [30, 'In 30 days'],
  [90, 'In 90 days'],
  [365, 'In a year'],
];

interface ExpiryFieldProps {
  readonly value: number | null;
  readonly onChange: (expires_in: number | null) => void;
}

/** When a key expires. */
export const ExpiryField = ({ value, onChange }: ExpiryFieldProps) => (
  <Field
    label="Expires"
    hint="Calls with an expired key are refused. It stays in the list until it is deleted."
  >
    {(ids) => (
      <select
        {...ids}
        className="input"
        value={value ?? ''}
        onChange={({ currentTarget: { value: text } }) => onChange(text === '' ? null : Number(text))}
      >
        <option value="">Never</option>
        {EXPIRIES.map(([days, name]) => (
          <option key={days} value={days * DAY_S}>
            {name}
          </option>
        ))}
      </select>
    )}
  </Field>
);
