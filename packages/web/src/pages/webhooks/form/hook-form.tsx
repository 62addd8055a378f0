import { BellwireError } from '@bellwire/client';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Failure, issueAt } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { useWords, type Words } from '../../../words/words.ts';
import type { DialectForm, FieldName } from './dialect-form.ts';
import type { DialectRules } from './dialect-rules.ts';
import { type HookDraft, problemsOf } from './hook-draft.ts';
import { HookField, type HookFieldProps } from './hook-field.tsx';
import { useCatalog } from './use-catalog.ts';
import './hook-form.css';

interface HookFormProps {
  readonly form: DialectForm;
  readonly rules: DialectRules;
  readonly is_new: boolean;
  readonly initial: HookDraft;
  readonly hidden_headers?: readonly string[];
  readonly certificate?: HookFieldProps['certificate'];
  /** Fields that this page does not offer, such as the tenant where it is known. */
  readonly without: readonly FieldName[];
  /** The choice of the dialect, below the advanced fields. */
  readonly dialect?: ReactNode;
  readonly error: unknown;
  readonly is_busy: boolean;
  readonly onSubmit: (draft: HookDraft) => void;
  readonly onCancel: () => void;
}

/** The paths of the server's issues where they differ from the names of the fields. */
const PATHS: Partial<Record<FieldName, string>> = { ssl: 'insecure_ssl', timeout: 'timeout_ms' };

const NAMES: readonly FieldName[] = [
  'filter',
  'name',
  'description',
  'method',
  'content_type',
  'ordered',
  'order_key',
  'max_attempts',
  'retry_schedule',
  'timeout',
  'rate_limit',
  'ssl',
  'client_certificate',
  'headers',
  'metadata',
  'tenant',
  'url',
  'events',
  'secret',
];

type Shown = Exclude<FieldName, 'dialect'>;

/** The fields of a form and the others, which are below "Advanced". */
const fieldsOf = ({ form, rules, without }: HookFormProps) => {
  const isOffered = (name: FieldName): name is Shown =>
    !without.includes(name) && (rules.any_request || (name !== 'method' && name !== 'content_type'));
  return {
    main: form.fields.filter(isOffered),
    advanced: NAMES.filter(isOffered).filter((name) => !form.fields.includes(name)),
  };
};

const textsOf = (words: Words, { form, rules }: HookFormProps, name: Shown) => {
  const { labels, hints, https_only } = words.hook_form;
  const own = form.texts[name];
  const hint = own?.hint ?? hints[name];
  return {
    label: own?.label ?? labels[name],
    hint: name === 'url' && rules.https_only && own === undefined ? `${hint} ${https_only}` : hint,
  };
};

/** Codes of a change that would send stored values to a new origin. All issues of such an error are of this kind. */
const MOVE_CODES: ReadonlySet<string> = new Set(['headers_required', 'secret_required']);

const isMove = (error: unknown): boolean => error instanceof BellwireError && MOVE_CODES.has(error.code);

interface Asked {
  readonly draft: HookDraft;
  readonly words: Words;
}

/** What a move to another origin needs; nothing once it is given. */
const moveProblemOf = (
  name: FieldName,
  draft: HookDraft,
  problems: Words['hook_form']['problems'],
): string | undefined => {
  if (name === 'headers') return draft.headers === null ? problems.headers_required : undefined;
  return draft.secret === '' && draft.secret_choice !== 'none' ? problems.secret_required : undefined;
};

/** Fields whose issues name a part: a header, or the key of a certificate. */
const HAS_PARTS: ReadonlySet<FieldName> = new Set(['headers', 'client_certificate']);

/** The problem of a field; of a part, with its name. */
const issueOf = (error: unknown, name: FieldName, { draft, words }: Asked): string | undefined => {
  const path = PATHS[name] ?? name;
  const message = issueAt(error, path);
  if (message !== undefined && isMove(error)) return moveProblemOf(name, draft, words.hook_form.problems);
  if (message === undefined || !HAS_PARTS.has(name) || !(error instanceof BellwireError)) return message;
  const issue = error.issues.find((each) => each.path.startsWith(`${path}.`));
  return issue === undefined ? message : `${issue.path.slice(path.length + 1)} ${issue.message}`;
};

/** Whether the form shows the problem at a field, so that it need not be repeated. */
const isAtField = (error: unknown): boolean =>
  NAMES.some((name) => issueAt(error, PATHS[name] ?? name) !== undefined);

/** Creates or changes a webhook with the fields and words of its dialect. It appears with the catalog, as a whole. */
export const HookForm = (props: HookFormProps) =>
  useCatalog() === undefined ? null : <ReadyForm {...props} />;

/** Moves to the first wrong field, which may be far above the button. */
const showFirstProblem = (form: HTMLFormElement | null): void => {
  const first = form?.querySelector<HTMLElement>('[aria-invalid="true"], .field-error');
  first?.scrollIntoView({ block: 'center' });
  first?.focus();
};

const ReadyForm = (props: HookFormProps) => {
  const { form, rules, is_new, initial, error, is_busy, onSubmit } = props;
  const words = useWords();
  const [draft, setDraft] = useState(initial);
  const [checked, setChecked] = useState(false);
  const element = useRef<HTMLFormElement>(null);
  const problems = checked ? problemsOf(draft, form, words.hook_form) : {};
  const { main, advanced } = fieldsOf(props);
  const errorOf = (name: FieldName): string | undefined =>
    problems[name] ?? issueOf(error, name, { draft, words });
  // It stays open while headers that an error requires are given.
  const isOpen = advanced.some((name) => errorOf(name) !== undefined) || draft.headers !== initial.headers;
  useEffect(() => {
    if (error !== null) showFirstProblem(element.current);
  }, [error]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setChecked(true);
    if (Object.keys(problemsOf(draft, form, words.hook_form)).length === 0) onSubmit(draft);
    // The first wrong field is marked after the next rendering.
    else requestAnimationFrame(() => showFirstProblem(element.current));
  };
  const field = (name: Shown) => (
    <HookField
      key={name}
      name={name}
      {...textsOf(words, props, name)}
      draft={draft}
      set={(change) => setDraft({ ...draft, ...change })}
      form={form}
      rules={rules}
      is_new={is_new}
      error={errorOf(name)}
      {...(props.certificate === undefined ? {} : { certificate: props.certificate })}
      {...(props.hidden_headers === undefined ? {} : { hidden_headers: props.hidden_headers })}
    />
  );
  return (
    <form ref={element} className="form" onSubmit={submit} noValidate>
      {main.map(field)}
      <details className="advanced" open={isOpen || undefined}>
        <summary>{words.hook_form.advanced}</summary>
        <div className="form">
          {advanced.map(field)}
          {props.dialect}
        </div>
      </details>
      {isAtField(error) ? null : <Failure error={error} />}
      <Actions {...props} is_busy={is_busy} />
    </form>
  );
};

const Actions = ({ form, is_new, is_busy, onCancel }: HookFormProps) => {
  const words = useWords().hook_form;
  return (
    <div className="inline">
      <Button kind="primary" type="submit" busy={is_busy && (is_new ? words.creating : words.saving)}>
        {is_new ? form.create : form.save}
      </Button>
      <Button onClick={onCancel}>{words.cancel}</Button>
    </div>
  );
};
