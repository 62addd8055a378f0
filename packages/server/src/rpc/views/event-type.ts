import { z } from 'zod';
import type { EventType } from '../../ports/repositories.ts';
import { EXAMPLE } from '../examples.ts';
import { described, jsonObject } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

/** The example JSON Schema of the documentation. */
export const EXAMPLE_SCHEMA = {
  type: 'object',
  properties: { order_id: { type: 'string' }, total: { type: 'string' } },
  required: ['order_id'],
};

export const eventTypeView = z
  .object({
    name: described(z.string(), 'The name.', EXAMPLE.event_type),
    description: described(
      z.string(),
      'When events of this type are sent; may be empty.',
      'An order was placed.',
    ),
    schema: described(
      jsonObject.nullable(),
      'The JSON Schema (draft 2020-12) that event data must match. Null accepts any data.',
      EXAMPLE_SCHEMA,
    ),
    example: described(jsonObject.nullable(), 'The default data of test events.', EXAMPLE.data),
    previous_example: described(
      jsonObject.nullable(),
      'The data before the change that `example` shows: the default `previous_data` of test events.',
      null,
    ),
    created_at: shownTime('When it was created.'),
    updated_at: shownTime('When it was last replaced.'),
  })
  .meta({ id: 'EventType', description: 'An entry of the catalog.' });

export const viewEventType = (type: EventType): z.infer<typeof eventTypeView> => ({
  ...type,
  created_at: iso(type.created_at),
  updated_at: iso(type.updated_at),
});

export const sampleView = z
  .object({
    data: described(
      jsonObject,
      'The example of the type, or else data generated from its schema; `{}` without a schema.',
      EXAMPLE.data,
    ),
    previous_data: described(jsonObject.nullable(), 'The `previous_example` of the type.', null),
  })
  .meta({ id: 'Sample', description: 'Valid example data of an event type.' });
