import type { Words } from '../../../words/words.ts';

export type FieldName = keyof Words['hook_form']['labels'];

export interface FieldText {
  readonly label: string;
  readonly hint?: string;
}

/** The fields of the form of a dialect. */
export interface FormShape {
  /** The fields in their order. */
  readonly fields: readonly FieldName[];
  /** `choice`: generated, given or none. `text`: an input that may stay empty. `generated`: no input. */
  readonly secret: 'choice' | 'text' | 'generated';
  /** `retries`: the number shown leaves out the first attempt. */
  readonly attempts: 'total' | 'retries';
}

/**
 * The form of a dialect, in the words of its document. Fields that it does not list are below "Advanced"; words that it
 * does not have are those of every form.
 */
export interface DialectForm extends FormShape {
  readonly title: string;
  readonly create: string;
  readonly save: string;
  readonly texts: Readonly<Partial<Record<FieldName, FieldText>>>;
  /** The tabs of a delivery; those of every page if absent. */
  readonly delivery_tabs?: { readonly request: string; readonly response: string };
  readonly send_test: string;
  readonly activate: string;
}
