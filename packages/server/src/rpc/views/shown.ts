import { z } from 'zod';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';

/** ISO 8601 of a time in milliseconds. */
export const iso = (time: number): string => new Date(time).toISOString();
export const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

/** A time as an answer shows it. */
export const shownTime = (description: string, example: string = EXAMPLE.time) =>
  z.string().meta({ format: 'date-time', description, examples: [example] });

export const shownTimeOrNull = (description: string, example: string | null = EXAMPLE.time) =>
  described(z.string().meta({ format: 'date-time' }).nullable(), description, example);

/** A page of a list as it is answered. */
export const pageOf = <T extends z.ZodType>(view: T) =>
  z
    .object({
      data: z.array(view),
      next_cursor: described(
        z.string().nullable(),
        'Hand it back as `cursor` for the next page; null on the last one.',
        null,
      ),
    })
    .meta({ description: 'One page of the list.' });
