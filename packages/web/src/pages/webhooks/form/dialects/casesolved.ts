import type { DialectForm } from '../dialect-form.ts';
import { general } from './general.ts';

/** The Casesolved cloud, "Setup Guide". */
export const casesolved: DialectForm = {
  ...general,
  title: 'Add Webhook',
  create: 'Add Webhook',
  fields: ['url', 'secret', 'events'],
  texts: {
    url: {
      label: 'Endpoint',
      hint: 'Your backend endpoint. It must be able to answer a “Webhook Validate” event.',
    },
    secret: {
      label: 'Secret',
      hint: 'Optional. It is sent in the header X-Webhook-Secret of all webhook requests.',
    },
    events: { label: 'Events', hint: 'Select at least one webhook event.' },
  },
  secret: 'text',
};
