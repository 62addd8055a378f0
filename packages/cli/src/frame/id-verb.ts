import type { Client } from '@bellwire/client';
import { printRecord } from '../print/record.ts';
import { apiVerb, type Verb } from './verb.ts';

/** The subject of verbs that take the id of one thing. */
export interface Subject {
  readonly noun: string;
  /** The name of the argument, like `hook_id`. */
  readonly argument: string;
  readonly about: string;
  /** An id for the examples. */
  readonly sample: string;
}

export interface IdVerb {
  readonly about: string;
  readonly more?: string;
  /** Resolves to nothing for a deletion. */
  readonly call: (client: Client, id: string) => Promise<unknown>;
}

/** Verbs whose only argument is an id. They print the result as a record; without a result, that the id was deleted. */
export const idVerbs =
  ({ noun, argument, about, sample }: Subject) =>
  (name: string, { call, ...verb }: IdVerb): Verb =>
    apiVerb<Readonly<Record<string, string>>>({
      ...verb,
      usage: `${name} <${argument}>`,
      arguments: { [argument]: about },
      examples: [`${noun} ${name} ${sample}`],
      run: async (client, { [argument]: id = '' }, { out }) =>
        out.print(await call(client, id), (result, style) =>
          typeof result === 'object' && result !== null ? printRecord(result, style) : `Deleted ${id}.`,
        ),
    });
