import type { z } from 'zod';
import type { Log } from '../ports/log.ts';
import { jsonWithStored } from '../core/stored-json.ts';
import { createListing, type Page } from './listing.ts';
import { toPlainInput } from './plain-input.ts';
import type { AppRouter } from './router.ts';
import { logServerError, toBellwireError } from './to-error.ts';
import { type ProcedureMeta, type RpcContext, t } from './trpc.ts';
import { type EventToSend, idFields, type Noun, onRestOnly, type SendOptions, type Verbs } from './verbs.ts';

export interface LibraryOptions {
  readonly router: AppRouter;
  /** Called for each call. Errors that it throws are the call's errors. */
  readonly createContext: () => Promise<RpcContext>;
  readonly log: Log;
  /** The workspace of the calls. */
  readonly workspace_id: string;
}

type Input = Readonly<Record<string, unknown>>;
type Method = (...args: readonly unknown[]) => unknown;

interface Procedure {
  readonly type: 'query' | 'mutation';
  readonly inputs: readonly z.ZodObject[];
  readonly meta?: Pick<ProcedureMeta, 'has_stored_json'>;
}

interface Read {
  readonly meta: Procedure['meta'] | undefined;
  readonly input: Input;
}

const nouns = Object.keys(idFields) as readonly Noun[];
const REST_ONLY = new Set(Object.entries(onRestOnly).map(([noun, verb]) => `${noun}.${verb}`));

/** The verbs of a noun with their procedures. */
const proceduresOf = (router: AppRouter, noun: Noun): readonly (readonly [string, Procedure])[] =>
  Object.entries<{ readonly _def: unknown }>(router._def.record[noun])
    .filter(([verb]) => !REST_ONLY.has(`${noun}.${verb}`))
    .map(([verb, { _def }]) => [verb, _def as Procedure]);

/**
 * Every procedure of the router as an in-process function. Inputs, checks and outputs are identical to the same call
 * over HTTP.
 */
export const createLibrary = ({ router, createContext, log, workspace_id }: LibraryOptions): Verbs => {
  const caller = t.createCallerFactory(router)(createContext) as unknown as Readonly<
    Record<Noun, Readonly<Record<string, (input: unknown) => Promise<unknown>>>>
  >;

  const call = async (noun: Noun, verb: string, input: object): Promise<unknown> => {
    try {
      return await caller[noun][verb]?.(toPlainInput(input));
    } catch (thrown) {
      const error = toBellwireError(thrown);
      logServerError(log, error, { call: `${noun}.${verb}`, workspace_id });
      throw error;
    }
  };

  /** As a remote caller reads it. */
  const read = async (noun: Noun, verb: string, { meta, input }: Read): Promise<unknown> => {
    const output = await call(noun, verb, input);
    return meta?.has_stored_json === true ? JSON.parse(jsonWithStored(output)) : output;
  };

  const createMethod = (noun: Noun, verb: string, { type, inputs, meta }: Procedure): Method => {
    const shape = inputs[0]?.shape ?? {};
    const idField = idFields[noun];
    const takesId = idField !== null && idField in shape;
    const toInput = (args: readonly unknown[]): Input => {
      if (!takesId) return { ...(args[0] as Input) };
      return { ...(args[1] as Input), [idField]: args[0] };
    };
    if (type === 'query' && 'cursor' in shape) {
      return (...args) => {
        const input = toInput(args);
        return createListing((cursor) => {
          const at = cursor === undefined ? input : { ...input, cursor };
          return read(noun, verb, { meta, input: at }) as Promise<Page<unknown>>;
        });
      };
    }
    return (...args) => read(noun, verb, { meta, input: toInput(args) });
  };

  const methods = Object.fromEntries(
    nouns.map((noun) => [
      noun,
      Object.fromEntries(
        proceduresOf(router, noun).map(([verb, procedure]) => [verb, createMethod(noun, verb, procedure)]),
      ),
    ]),
  ) as unknown as Verbs;
  return {
    ...methods,
    events: {
      ...methods.events,
      send: (type: string, data: object, options: SendOptions = {}) =>
        call('events', 'send', { ...options, type, data }) as ReturnType<Verbs['events']['send']>,
      sendBatch: (events: readonly EventToSend[]) =>
        call('events', 'sendBatch', { events }) as ReturnType<Verbs['events']['sendBatch']>,
    },
  };
};
