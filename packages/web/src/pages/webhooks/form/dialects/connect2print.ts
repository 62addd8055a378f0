import type { DialectForm } from '../dialect-form.ts';
import { general } from './general.ts';

/** Connect2Print, "Creating Webhooks". */
export const connect2print: DialectForm = {
  ...general,
  title: 'Create New Webhook',
  create: 'Save',
  save: 'Save',
  fields: ['url', 'events', 'secret', 'active'],
  texts: {
    url: { label: 'URL', hint: 'Your endpoint URL. HTTPS is required.' },
    events: { label: 'Events', hint: 'Select which events to receive.' },
    secret: {
      label: 'Secret',
      hint: 'Generated automatically for signature validation. Copy it after you save.',
    },
    active: { label: 'Active', hint: 'Enable or disable the webhook.' },
  },
  secret: 'generated',
  send_test: 'Send Test Event',
};
