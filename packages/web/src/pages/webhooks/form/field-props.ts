import type { DialectForm } from './dialect-form.ts';
import type { DialectRules } from './dialect-rules.ts';
import type { HookDraft } from './hook-draft.ts';

/** The properties of every field of the form. */
export interface FieldProps {
  readonly draft: HookDraft;
  readonly set: (change: Partial<HookDraft>) => void;
  readonly form: DialectForm;
  readonly rules: DialectRules;
  readonly is_new: boolean;
  readonly label: string;
  readonly hint: string;
  readonly error: string | undefined;
}
