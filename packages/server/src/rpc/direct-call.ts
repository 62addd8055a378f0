import type { AnyRouter } from '@trpc/server';
import { ZodError, type z } from 'zod';
import { shownInPortal } from './portal.ts';
import { isPage, mapInSlices, type Rows } from './slices.ts';
import { invalidInput } from './to-error.ts';
import { accessOf, boundInput, procedure, type ProcedureMeta, type RpcContext } from './trpc.ts';

/** Calls a procedure. @throws the errors of the procedure, and BellwireError `invalid_input` */
export type DirectCall = (ctx: RpcContext, raw: unknown) => Promise<unknown>;

type Middleware = object & { readonly _type?: string };

/** What tRPC records of a procedure. `middlewares` and `resolver` are internal to it, so they are checked before use. */
interface Definition {
  readonly meta?: ProcedureMeta;
  readonly inputs: readonly z.ZodType[];
  readonly output?: z.ZodType;
  readonly middlewares: readonly Middleware[];
  readonly resolver?: (call: { readonly ctx: unknown; readonly input: unknown }) => unknown;
}

const SHARED = (procedure._def as unknown as Definition).middlewares;

/** The types that tRPC gives to the middlewares of a procedure: those that only parse, then the resolver itself. */
const kindsOf = ({ output }: Definition): readonly (string | undefined)[] =>
  output === undefined ? ['input', undefined] : ['input', 'output', undefined];

/** Whether a procedure does only what `directCall` does: the steps of every procedure, its schemas and its resolver. */
const isPlain = (definition: Definition): boolean => {
  const { inputs, middlewares, resolver } = definition;
  const own = middlewares.slice(SHARED.length);
  const kinds = kindsOf(definition);
  return (
    resolver !== undefined &&
    inputs.length === 1 &&
    SHARED.every((shared, index) => shared === middlewares[index]) &&
    own.length === kinds.length &&
    kinds.every((kind, index) => own[index]?._type === kind)
  );
};

const parsed = (schema: z.ZodType | undefined, value: unknown): unknown => {
  try {
    return schema?.parse(value);
  } catch (error) {
    throw error instanceof ZodError ? invalidInput(error) : error;
  }
};

/** A page as the schema of the output has it, which is checked in slices. */
const checkedPage = async (
  output: z.ZodType,
  { data, ...rest }: Rows,
  turn: () => Promise<void>,
): Promise<unknown> => {
  const page = output.parse({ ...rest, data: [] }) as object;
  const rows = await mapInSlices(
    data,
    (slice) => (output.parse({ ...rest, data: slice }) as { readonly data: readonly unknown[] }).data,
    turn,
  );
  return { ...page, data: rows };
};

const checkedOutput = (
  output: z.ZodType | undefined,
  result: unknown,
  turn: () => Promise<void>,
): unknown => {
  if (output === undefined) return result;
  return isPage(result) ? checkedPage(output, result, turn) : output.parse(result);
};

/**
 * A procedure as one function with the access checks, schemas and results of a call through tRPC, at a fraction of its
 * cost: no middleware chain and no wrapped errors.
 * @throws Error for a procedure with a middleware of its own, which such a call would skip
 */
export const directCall = (router: AnyRouter, name: string): DirectCall => {
  const found = (router._def.procedures as Readonly<Record<string, { readonly _def: Definition }>>)[name];
  const definition = found?._def;
  const resolver = definition?.resolver;
  if (definition === undefined || resolver === undefined || !isPlain(definition)) {
    throw new Error(
      `The procedure ${name} has a middleware that REST would skip. Move its work into the resolver, or into both surfaces: accessOf and boundInput in rpc/trpc.ts.`,
    );
  }
  const { inputs, output, meta = { scope: 'admin' } } = definition;
  const [schema] = inputs;
  return async (ctx, raw) => {
    const access = accessOf(ctx, meta);
    const input = parsed(schema, await boundInput(ctx, access, { raw, declared: meta }));
    const result = await resolver({ ctx: { ...ctx, ...access }, input });
    const shown = await checkedOutput(output, result, () => ctx.heavyTurn(access.workspace_id));
    return access.portal_tenant === undefined ? shown : shownInPortal(shown);
  };
};
