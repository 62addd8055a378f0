import { type DialectName, isDialectName } from '@bellwire/verify';

/** The templates. `folder` is the name of the folder below `templates/`. */
export const templates = {
  express: { folder: 'receiver-express', about: 'TypeScript and Express 5 (Node 22.19 or newer)' },
  flask: { folder: 'receiver-flask-compat', about: 'Python 3.9 or newer and Flask 2.2 or newer' },
} as const;

export type Template = keyof typeof templates;

/** The senders of each dialect. */
export const dialects: Readonly<Record<DialectName, string>> = {
  standard: 'Standard Webhooks: what Bellwire sends by default',
  svix: 'what Svix sends',
  github: 'what GitHub sends',
  stripe: 'what Stripe sends',
  shopify: 'what Shopify sends',
  slack: 'what Slack sends',
  q2: 'q2developer.com',
  'resource-api': 'X-Webhook-Signature over {id, type, created_at, data, previous_data}',
  connect2print: 'Connect2Print',
  activities: 'X-Signature over the payload',
  casesolved: 'Casesolved: the secret itself in a header',
};

export type Dialect = DialectName;

export const isTemplate = (text: string): text is Template => Object.hasOwn(templates, text);
export const isDialect = isDialectName;
