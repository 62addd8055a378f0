import type { AnyRouter } from '@trpc/server';
import type { z } from 'zod';
import type { ProcedureMeta, Route } from '../rpc/trpc.ts';

/** A procedure with a REST route. */
export interface RestRoute {
  /** `hooks.create` */
  readonly name: string;
  readonly type: 'query' | 'mutation';
  readonly meta: ProcedureMeta;
  readonly route: Route;
  readonly input: z.ZodObject;
  /** Undefined when the output is not validated. */
  readonly output: z.ZodType | undefined;
  /** The input fields that are path parameters. */
  readonly in_path: readonly string[];
}

interface Procedure {
  readonly _def: {
    readonly type: 'query' | 'mutation';
    readonly meta?: ProcedureMeta;
    readonly inputs: readonly z.ZodObject[];
    readonly output?: z.ZodType;
  };
}

const fieldsIn = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);

/** The REST routes of a router, from its procedures' meta. Routes with fewer path parameters come first, so that they match first. */
export const routesOf = (router: AnyRouter): readonly RestRoute[] =>
  Object.entries(router._def.procedures as Record<string, Procedure>)
    .flatMap(([name, { _def }]): RestRoute[] => {
      const { meta, type, output } = _def;
      const [input] = _def.inputs;
      const route = meta?.route;
      if (route === undefined || meta === undefined || input === undefined) return [];
      return [{ name, type, meta, route, input, output, in_path: fieldsIn(route.path) }];
    })
    .toSorted((a, b) => a.in_path.length - b.in_path.length);
