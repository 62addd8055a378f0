import { z } from 'zod';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';

/** Converts milliseconds to ISO 8601. */
export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

/** A time in a response. */
export const shownTime = (description: string, example: string = EXAMPLE.time) =>
  z.string().meta({ format: 'date-time', description, examples: [example] });

export const shownTimeOrNull = (description: string, example: string | null = EXAMPLE.time) =>
  described(z.string().meta({ format: 'date-time' }).nullable(), description, example);

/** A page of a list in a response. */
export const pageOf = <T extends z.ZodType>(view: T) =>
  z
    .object({
      data: z.array(view),
      next_cursor: described(
        z.string().nullable(),
        'Pass it as `cursor` to get the next page; null on the last page.',
        null,
      ),
    })
    .meta({ description: 'One page of the list.' });

/** Whether the view is a page of a list. */
export const isPageView = (view: z.ZodType): boolean =>
  view instanceof z.ZodObject && Object.hasOwn(view.shape, 'next_cursor');
