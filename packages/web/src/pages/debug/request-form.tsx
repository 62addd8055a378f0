import type { Hook } from '@bellwire/client';
import { issueAt } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { SecretInput } from './secret-input.tsx';
import { visibleText } from '../../design/visible-text.ts';

/** What the form holds. */
export interface Question {
  readonly headers: string;
  readonly body: string;
  readonly secret: string;
  readonly hook_id: string;
}

interface RequestFormProps {
  readonly question: Question;
  readonly hooks: readonly Hook[];
  readonly error: unknown;
  readonly busy: boolean;
  readonly onChange: (change: Partial<Question>) => void;
  readonly onCheck: () => void;
}

const HEADERS_HINT = 'Lines of "Name: value", the output of curl -v, or JSON. All of them, if possible.';
const BODY_HINT = 'Byte for byte as the receiver got it: a line break at the end counts.';

const secretHint = (hook_id: string): string =>
  hook_id === ''
    ? 'The one that your receiver uses. It stays in the memory of this page.'
    : 'Optional: the one that your receiver uses. Empty, the stored secret of the webhook is used, which is audited.';

const HookChoice = ({ question, hooks, error, onChange }: RequestFormProps) => (
  <Field
    label="Webhook"
    hint="Its wire format and its secret are then known."
    error={issueAt(error, 'hook_id')}
  >
    {(ids) => (
      <select
        {...ids}
        className="input"
        value={question.hook_id}
        onChange={(event) => onChange({ hook_id: event.currentTarget.value })}
      >
        <option value="">Not one of these: detect the format</option>
        {hooks.map(({ id, name, url, tenant }) => (
          <option key={id} value={id}>
            {visibleText((name ?? url).slice(0, 80))}
            {tenant === null ? '' : ` · ${tenant.slice(0, 40)}`}
          </option>
        ))}
        {/* A webhook in the address that the list does not have. */}
        {question.hook_id === '' || hooks.some(({ id }) => id === question.hook_id) ? null : (
          <option value={question.hook_id}>{question.hook_id}</option>
        )}
      </select>
    )}
  </Field>
);

const RequestText = ({ question, error, onChange }: RequestFormProps) => (
  <>
    <Field label="Headers" hint={HEADERS_HINT} error={issueAt(error, 'headers')}>
      {(ids) => (
        <textarea
          {...ids}
          className="input debug-headers"
          value={question.headers}
          spellCheck={false}
          autoComplete="off"
          placeholder={'webhook-id: evt_…\nwebhook-timestamp: 1795257000\nwebhook-signature: v1,…'}
          onChange={(event) => onChange({ headers: event.currentTarget.value })}
        />
      )}
    </Field>
    <Field label="Body" hint={BODY_HINT} error={issueAt(error, 'body')}>
      {(ids) => (
        <textarea
          {...ids}
          className="input debug-body"
          value={question.body}
          spellCheck={false}
          autoComplete="off"
          placeholder='{"type":"order.created", …}'
          onChange={(event) => onChange({ body: event.currentTarget.value })}
        />
      )}
    </Field>
  </>
);

/** The request to check, and with which secret. */
export const RequestForm = (props: RequestFormProps) => {
  const { question, error, busy, onChange, onCheck } = props;
  return (
    <form
      className="form debug-form"
      aria-label="Request"
      onSubmit={(event) => {
        event.preventDefault();
        onCheck();
      }}
    >
      <RequestText {...props} />
      <HookChoice {...props} />
      <SecretInput
        value={question.secret}
        hint={secretHint(question.hook_id)}
        error={issueAt(error, 'secret')}
        onChange={(secret) => onChange({ secret })}
      />
      <div className="inline">
        <Button
          type="submit"
          kind="primary"
          busy={busy && 'Checking…'}
          disabled={question.headers.trim() === ''}
        >
          Check the signature
        </Button>
        <span className="quiet">Nothing is sent to the receiver.</span>
      </div>
    </form>
  );
};
