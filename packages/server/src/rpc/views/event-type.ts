import { z } from 'zod';
import type { EventType } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described, jsonObject } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

/** A JSON Schema that the documentation shows. */
export const EXAMPLE_SCHEMA = {
  type: 'object',
  properties: { order_id: { type: 'string' }, total: { type: 'string' } },
  required: ['order_id'],
};

export const eventTypeView = z
  .object({
    name: described(z.string(), 'Its name.', EXAMPLE.event_type),
    description: described(z.string(), 'When it is sent; empty when nobody said.', 'An order was placed.'),
    schema: described(
      jsonObject.nullable(),
      'The JSON Schema (draft 2020-12) that its data must fit; null when any data will do.',
      EXAMPLE_SCHEMA,
    ),
    example: described(jsonObject.nullable(), 'Data that a test sends when it brings none.', EXAMPLE.data),
    created_at: shownTime('When it was first put.'),
    updated_at: shownTime('When it was last put.'),
  })
  .meta({ id: 'EventType', description: 'An entry of the catalog.' });

export const viewEventType = (type: EventType): z.infer<typeof eventTypeView> => ({
  ...type,
  created_at: iso(type.created_at),
  updated_at: iso(type.updated_at),
});
