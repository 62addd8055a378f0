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
