import type { CatalogEntry } from './dialect.ts';

const string = { type: 'string' } as const;
const named = { type: 'object', properties: { id: string, name: string } } as const;
const link = { type: 'object', properties: { url: string } } as const;

/** The documented keys of an order. Unknown keys pass and none is required: the page describes, it does not promise. */
const order = {
  type: 'object',
  properties: {
    app_id: { type: 'integer' },
    app_slug: string,
    point_of_contact_name: string,
    point_of_contact_email: string,
    signer: { type: 'object', properties: { id: string, name: string, email: string } },
    company: named,
    environments: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: string,
          type: {
            type: 'integer',
            enum: [0, 1, 2],
            description: '0 = production, 1 = staging/pte, 2 = development/sandbox',
          },
          name: string,
          aba: string,
        },
      },
    },
    ordered_on: string,
    ticket_id: string,
    terms: link,
    terms_marketing: link,
  },
} as const;

export const q2Catalog: readonly CatalogEntry[] = [
  {
    name: 'app-order-created',
    description: 'A new order is created.',
    schema: { type: 'object', properties: { order } },
    example: {
      order: {
        app_id: 42,
        app_slug: 'loan-calculator',
        point_of_contact_name: 'Ada Example',
        point_of_contact_email: 'ada@example.com',
        signer: { id: '7', name: 'Grace Example', email: 'grace@example.com' },
        company: { id: '15', name: 'Example Credit Union' },
        environments: [{ id: '3', type: 0, name: 'Production', aba: '111000025' }],
        ordered_on: '2023-01-05',
        ticket_id: 'ORD-1001',
        terms: { url: 'https://example.com/terms' },
        terms_marketing: { url: 'https://example.com/terms-marketing' },
      },
    },
  },
];
