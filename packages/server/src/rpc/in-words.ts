import { z } from 'zod';
import { issueInWords } from '../core/issue-words.ts';

/** The options of a parse whose issues have our messages. A message of the schema itself takes precedence. */
export const IN_WORDS = { error: issueInWords };

/**
 * The schema, whose `parse` and `parseAsync` have our messages: tRPC calls either. Not `z.config`, which would also change
 * the messages of schemas of the program that embeds this server.
 */
export const inWords = <S extends z.ZodType>(schema: S): S =>
  Object.assign(schema, {
    parse: (value: unknown) => z.parse(schema, value, IN_WORDS),
    parseAsync: (value: unknown) => z.parseAsync(schema, value, IN_WORDS),
  });
