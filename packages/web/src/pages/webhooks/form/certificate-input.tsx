import { Button } from '../../../design/button.tsx';
import { exactTime } from '../../../design/durations.ts';
import { Field } from '../../../design/field.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';
import type { HookFieldProps } from './hook-field.tsx';
import { NO_CERTIFICATE } from './hook-draft.ts';

const PEM_ROWS = 4;

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
      <Field label={words.certificate}>
        {(ids) => (
          <textarea
            {...ids}
            className="input mono"
            aria-invalid={error !== undefined || undefined}
            rows={PEM_ROWS}
            autoComplete="off"
            spellCheck={false}
            placeholder="-----BEGIN CERTIFICATE-----"
            value={value.certificate}
            onChange={(event) => change({ certificate: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={words.key}>
        {(ids) => (
          <textarea
            {...ids}
            className="input mono"
            aria-invalid={error !== undefined || undefined}
            rows={PEM_ROWS}
            autoComplete="off"
            spellCheck={false}
            placeholder="-----BEGIN PRIVATE KEY-----"
            value={value.key}
            onChange={(event) => change({ key: event.currentTarget.value })}
          />
        )}
      </Field>
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
