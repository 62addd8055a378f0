import { Button } from '../../../design/button.tsx';
import { exactTime } from '../../../design/durations.ts';
import { Field } from '../../../design/field.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';
import type { HookFieldProps } from './hook-field.tsx';
import { NO_CERTIFICATE } from './hook-draft.ts';

const PEM_ROWS = 4;

interface PemProps {
  readonly label: string;
  readonly kind: 'CERTIFICATE' | 'PRIVATE KEY';
  readonly value: string;
  readonly is_invalid: boolean;
  readonly onChange: (value: string) => void;
}

const Pem = ({ label, kind, value, is_invalid, onChange }: PemProps) => (
  <Field label={label}>
    {(ids) => (
      <textarea
        {...ids}
        className="input mono"
        aria-invalid={is_invalid || undefined}
        rows={PEM_ROWS}
        autoComplete="off"
        spellCheck={false}
        placeholder={`-----BEGIN ${kind}-----`}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )}
  </Field>
);

/** The client certificate and its key in PEM. The stored key is never shown, so a stored pair is replaced or removed. */
export const CertificateInput = (props: HookFieldProps) => {
  const words = useWords().hook_form.certificate;
  const { draft, set, label, hint, error } = props;
  const value = draft.client_certificate;
  if (value === null) return <Stored {...props} />;
  const change = (part: Partial<typeof value>): void => set({ client_certificate: { ...value, ...part } });
  return (
    <fieldset className="events">
      <legend className="field-label">{label}</legend>
      <Pem
        label={words.certificate}
        kind="CERTIFICATE"
        value={value.certificate}
        is_invalid={error !== undefined}
        onChange={(certificate) => change({ certificate })}
      />
      <Pem
        label={words.key}
        kind="PRIVATE KEY"
        value={value.key}
        is_invalid={error !== undefined}
        onChange={(key) => change({ key })}
      />
      {error === undefined ? (
        <div className="field-hint">{hint}</div>
      ) : (
        <div className="field-error break" role="alert">
          {error}
        </div>
      )}
    </fieldset>
  );
};

const Stored = ({ set, label, certificate }: HookFieldProps) => {
  const words = useWords().hook_form.certificate;
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      {certificate ? (
        <span className="quiet break">
          {words.kept(
            visibleText(certificate.subject),
            exactTime(certificate.expires_at).split('\n')[0] ?? '',
          )}
        </span>
      ) : null}
      <div>
        <Button onClick={() => set({ client_certificate: NO_CERTIFICATE })}>{words.replace}</Button>
      </div>
    </div>
  );
};
