/** The words of the forms. Those of a dialect are the words of its document. */
export const forms = {
  general: {
    title: 'Add webhook',
    create: 'Create',
    save: 'Save',
    send_test: 'Send test event',
    activate: 'Activate',
    texts: {},
  },
  q2: {
    title: 'Add webhook',
    create: 'Add webhook',
    save: 'Update',
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
    delivery_tabs: { request: 'Requests', response: 'Responses' },
  },
  connect2print: {
    title: 'Create New Webhook',
    create: 'Save',
    save: 'Save',
    texts: {
      url: { label: 'URL', hint: 'Your endpoint URL. HTTPS is required.' },
      events: { label: 'Events', hint: 'Select which events to receive.' },
      secret: {
        label: 'Secret',
        hint: 'Generated automatically for signature validation. Copy it after you save.',
      },
      active: { label: 'Active', hint: 'Enable or disable the webhook.' },
    },
    send_test: 'Send Test Event',
  },
  activities: {
    title: 'Create Webhook',
    create: 'Create',
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
  },
  casesolved: {
    title: 'Add Webhook',
    create: 'Add Webhook',
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
  },
};
