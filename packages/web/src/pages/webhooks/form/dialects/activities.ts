import type { DialectForm } from '../dialect-form.ts';
import { general } from './general.ts';

/** The activities workspace, "Fill Out the Webhook Form". */
export const activities: DialectForm = {
  ...general,
  title: 'Create Webhook',
  create: 'Create',
  fields: ['name', 'url', 'method', 'content_type', 'max_attempts', 'active', 'secret', 'events'],
  texts: {
    name: { label: 'Name', hint: 'A unique and descriptive name.' },
    url: { label: 'Callback URL', hint: 'The URL where the webhook events are sent.' },
    method: { label: 'Method', hint: 'Typically POST.' },
    content_type: { label: 'Content-Type', hint: 'Commonly application/json.' },
    max_attempts: {
      label: 'Max attempts',
      hint: 'How many times the webhook attempts to send the event data if the first try fails: 0 to 19.',
    },
    active: { label: 'Status', hint: 'Check this box to activate the webhook.' },
    secret: {
      label: 'Secret (Optional)',
      hint: 'With a secret, each request has a signature in the header X-Signature.',
    },
    events: { label: 'Events', hint: 'The events that trigger the webhook.' },
  },
  secret: 'text',
  attempts: 'retries',
};
