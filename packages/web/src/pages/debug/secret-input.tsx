import { useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';

interface SecretInputProps {
  readonly value: string;
  readonly onChange: (secret: string) => void;
  readonly hint: string;
  readonly error: string | undefined;
}

/** A secret: hidden by default, and kept only in the memory of the page. */
export const SecretInput = ({ value, onChange, hint, error }: SecretInputProps) => {
  const [shown, setShown] = useState(false);
  return (
    <Field label="Secret" hint={hint} error={error}>
      {(ids) => (
        <div className="debug-secret">
          <input
            {...ids}
            className="input mono"
            type={shown ? 'text' : 'password'}
            value={value}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            data-1p-ignore
            onChange={(event) => onChange(event.currentTarget.value)}
          />
          <Button aria-pressed={shown} aria-label="Show the secret" onClick={() => setShown(!shown)}>
            {shown ? 'Hide' : 'Show'}
          </Button>
        </div>
      )}
    </Field>
  );
};
