import type { JsonObject } from '../core/json.ts';
import type { CatalogEntry } from './dialect.ts';

const schema = { type: 'object', properties: { object: { type: 'object' } } } as const;

const resource = { id: 'res_xyz789', name: 'New Resource', status: 'active' };
const user = { id: 'usr_abc123', name: 'Ada Example', email: 'ada@example.com', status: 'active' };
const payment = { id: 'pay_def456', amount: 4999, currency: 'EUR', status: 'succeeded' };

/** The page prints the data of `resource.created` and `resource.updated`; the other examples are ours. */
const entry = (name: string, description: string, object: JsonObject): CatalogEntry => ({
  name,
  description,
  schema,
  example: { object },
});

export const resourceApiCatalog: readonly CatalogEntry[] = [
  entry('resource.created', 'New resource created', resource),
  {
    ...entry('resource.updated', 'Resource updated', { ...resource, name: 'Updated Resource' }),
    previous_example: { name: 'Old Resource Name' },
  },
  entry('resource.deleted', 'Resource deleted', { ...resource, status: 'deleted' }),
  entry('user.created', 'New user registered', user),
  {
    ...entry('user.updated', 'User profile updated', { ...user, email: 'ada.new@example.com' }),
    previous_example: { email: user.email },
  },
  entry('payment.succeeded', 'Payment completed', payment),
  entry('payment.failed', 'Payment failed', {
    ...payment,
    status: 'failed',
    failure_message: 'The card was declined.',
  }),
];
