import type { DialectForm } from '../dialect-form.ts';
import { general } from './general.ts';

/** q2developer.com, "Setting up a webhook". */
export const q2: DialectForm = {
  ...general,
  title: 'Add webhook',
  create: 'Add webhook',
  save: 'Update',
  fields: ['url', 'secret', 'ssl', 'events'],
  texts: {
    url: { label: 'URL', hint: 'The URL of the server that receives the webhook POST requests.' },
    secret: {
      label: 'Secret',
      hint: 'A random string with high entropy. The header X-Q2-Signature-256 of each request is computed with it. Empty: Bellwire generates one.',
    },
    ssl: {
      label: 'Enable SSL verification',
      hint: 'Verifies the SSL certificate of your website when payloads are delivered. Recommended.',
    },
    events: { label: 'Trigger', hint: 'The events that are sent to the webhook.' },
  },
  secret: 'text',
  delivery_tabs: { request: 'Requests', response: 'Responses' },
};
