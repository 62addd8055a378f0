import { useWords, type Words } from '../../../words/words.ts';
import type { DialectForm, FormShape } from './dialect-form.ts';

const SHAPES = {
  /** The form of the dialects whose documents describe none. */
  general: { fields: ['url', 'name', 'events', 'secret'], secret: 'choice', attempts: 'total' },
  /** q2developer.com, "Setting up a webhook". */
  q2: { fields: ['url', 'secret', 'ssl', 'events'], secret: 'text', attempts: 'total' },
  /** Connect2Print, "Creating Webhooks". */
  connect2print: { fields: ['url', 'events', 'secret', 'active'], secret: 'generated', attempts: 'total' },
  /** The activities workspace, "Fill Out the Webhook Form". */
  activities: {
    fields: ['name', 'url', 'method', 'content_type', 'max_attempts', 'active', 'secret', 'events'],
    secret: 'text',
    attempts: 'retries',
  },
  /** The Casesolved cloud, "Setup Guide". */
  casesolved: { fields: ['url', 'secret', 'events'], secret: 'text', attempts: 'total' },
} as const satisfies Readonly<Record<keyof Words['forms'], FormShape>>;

const isNamed = (dialect: string): dialect is keyof typeof SHAPES => Object.hasOwn(SHAPES, dialect);

/** The form of a dialect in a language. */
export const formOf = (dialect: string, { forms }: Pick<Words, 'forms'>): DialectForm => {
  const name = isNamed(dialect) ? dialect : 'general';
  return { ...SHAPES[name], ...forms.general, ...forms[name] };
};

/** The form of a dialect in the language of the page. */
export const useForm = (dialect: string): DialectForm => formOf(dialect, useWords());
