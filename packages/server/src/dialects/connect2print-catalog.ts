import type { JsonObject } from '../core/json.ts';
import type { CatalogEntry } from './dialect.ts';

const number = { type: 'number' } as const;
const string = { type: 'string' } as const;

const customer = { id: 456, email: 'customer@example.com' };
const order = { id: 123, order_number: 'ORD-2024-001', status: 'pending', total: 499, customer };
const ofOrder = { id: order.id, order_number: order.order_number };
const invoice = {
  id: 789,
  invoice_number: 'INV-2024-001',
  status: 'draft',
  total: 499,
  order: ofOrder,
  customer,
};
const quote = { id: 321, quote_number: 'QUO-2024-001', status: 'open', total: 499, customer };
const job = { id: 654, job_number: 'JOB-2024-001', status: 'queued', order: ofOrder };
const shipment = { id: 987, status: 'shipped', carrier: 'DHL', tracking_number: '00340434161094042557' };

/** The document prints the data of `order.created` only: the others are ours, and have no schema. */
const entry = (name: string, description: string, example: JsonObject): CatalogEntry => ({
  name,
  description,
  example,
});

const orderCreated: CatalogEntry = {
  ...entry('order.created', 'A new order has been created', { order }),
  schema: {
    type: 'object',
    properties: {
      order: {
        type: 'object',
        properties: {
          id: number,
          order_number: string,
          status: string,
          total: number,
          customer: { type: 'object', properties: { id: number, email: string } },
        },
      },
    },
  },
};

export const connect2printCatalog: readonly CatalogEntry[] = [
  orderCreated,
  entry('order.updated', 'An order has been updated', { order: { ...order, status: 'in_production' } }),
  entry('order.completed', 'An order has been completed', { order: { ...order, status: 'completed' } }),
  entry('order.cancelled', 'An order has been cancelled', { order: { ...order, status: 'cancelled' } }),
  entry('order.shipped', 'An order has been shipped', { order: { ...order, status: 'shipped', shipment } }),
  entry('invoice.created', 'An invoice has been created', { invoice }),
  entry('invoice.sent', 'An invoice has been sent', { invoice: { ...invoice, status: 'sent' } }),
  entry('invoice.paid', 'An invoice has been paid', {
    invoice: { ...invoice, status: 'paid', paid_at: '2024-01-20T09:15:00Z' },
  }),
  entry('quote.created', 'A new quote has been created', { quote }),
  entry('quote.accepted', 'A quote has been accepted', { quote: { ...quote, status: 'accepted' } }),
  entry('quote.rejected', 'A quote has been rejected', { quote: { ...quote, status: 'rejected' } }),
  entry('production.job.created', 'A new production job has been created', { job }),
  entry('production.job.completed', 'A production job is complete', { job: { ...job, status: 'completed' } }),
  entry('customer.created', 'A new customer has been created', { customer }),
  entry('shipment.delivered', 'A shipment has been delivered', {
    shipment: { ...shipment, status: 'delivered', delivered_at: '2024-01-18T14:05:00Z', order: ofOrder },
  }),
  entry('stock.low', 'Stock level is low', {
    product: { id: 42, sku: 'PAPER-A4-90', name: 'Paper A4, 90 g', stock: 12, minimum_stock: 50 },
  }),
];
