import type { DialectForm } from '../dialect-form.ts';

/** The form of the dialects whose documents describe none. */
export const general: DialectForm = {
  title: 'Add webhook',
  create: 'Create',
  save: 'Save',
  fields: ['url', 'name', 'events', 'secret'],
  texts: {},
  secret: 'choice',
  attempts: 'total',
  send_test: 'Send test event',
  activate: 'Activate',
};
