import Database from 'better-sqlite3';
import { ALIASES } from '../../packages/server/src/http/rest-input.ts';
import { routes, type Step } from './any-step.ts';
import { createMadePairs } from './made-pairs.ts';
import {
  ADMIN_KEY,
  type Answer,
  type Api,
  type RunningServer,
  startServer,
  until,
} from './running-server.ts';
import { type Input, type Outcome, overRest, overTrpc } from './two-surfaces.ts';

export interface Outcomes {
  readonly rest: Outcome;
  readonly trpc: Outcome;
  /** The whole answer of REST. */
  readonly answer: Answer;
}

/** Two servers that are alike: what one is told over REST, the other is told over /trpc. */
export interface SurfacePair extends AsyncDisposable {
  readonly call: (step: Step) => Promise<Outcomes>;
  /** What either has stored: every list of the default workspace and of those made last, and how many rows each table has. */
  readonly states: () => Promise<readonly [unknown, unknown]>;
}

interface Side {
  readonly server: RunningServer;
  readonly isQuiet: () => boolean;
  readonly rows: () => Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
}

/** Nothing is swept: what becomes due stays so, and only what is asked for is sent. */
const startSide = async (): Promise<Side> => {
  const server = await startServer({ started: false });
  const database = new Database(server.database_path, { readonly: true });
  const sending = database.prepare("select 1 from bellwire_deliveries where status = 'sending' limit 1");
  const tables = database
    .prepare<[], { name: string }>(
      "select name from sqlite_master where name like 'bellwire_%' and type = 'table'",
    )
    .all();
  return {
    server,
    isQuiet: () => sending.get() === undefined,
    rows: () =>
      Object.fromEntries(
        tables.map(({ name }) => [
          name,
          database.prepare(`select count(*) from ${name}`).pluck().get() as number,
        ]),
      ),
    close: async () => {
      database.close();
      await server[Symbol.asyncDispose]();
    },
  };
};

const asCaller =
  (
    api: Api,
    { key, headers }: { readonly key: string | null; readonly headers: Record<string, string> },
  ): Api =>
  (call, body) =>
    api(call, body, { key, headers });

/** The input as REST also takes it: a field under its other name, the idempotency key as a header. */
const inRestsOwnWay = ({
  name,
  input,
  rest_only,
}: Step): { input: Input; headers: Record<string, string> } => {
  const { in_path, input: schema } = routes.find((route) => route.name === name)!;
  const aliases = [...ALIASES].filter(
    ([, target]) => Object.hasOwn(input, target) && !in_path.includes(target),
  );
  const [alias, target] = aliases[rest_only.alias] ?? [];
  const { idempotency_key } = input;
  const by_header =
    rest_only.by_header &&
    Object.hasOwn(schema.shape, 'idempotency_key') &&
    typeof idempotency_key === 'string' &&
    /^[\x21-\x7e]+$/.test(idempotency_key);
  const fields = Object.entries(input)
    .filter(([field]) => !(by_header && field === 'idempotency_key'))
    .map(([field, value]) => [field === target ? alias! : field, value] as const);
  return {
    input: Object.fromEntries(fields),
    headers: by_header ? { 'idempotency-key': idempotency_key } : {},
  };
};

const LISTS = routes.filter(({ name }) => name.endsWith('.list')).map(({ name }) => name);

/** Every row of a list, page by page; where it ends in a refusal, its code. */
const allOf = async (read: (cursor: object) => Promise<Outcome>): Promise<readonly unknown[]> => {
  const rows: unknown[] = [];
  let cursor: string | null = null;
  do {
    const { value, error } = await read(cursor === null ? {} : { cursor });
    if (error !== null) return [...rows, error.code];
    const page = value as { readonly data: readonly unknown[]; readonly next_cursor: string | null };
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
};

export const startSurfacePair = async (): Promise<SurfacePair> => {
  const [left, right] = await Promise.all([startSide(), startSide()]);
  const made = createMadePairs();

  const quiet = (): Promise<unknown> =>
    until(
      () => Promise.resolve(left.isQuiet() && right.isQuiet()),
      (isQuiet) => isQuiet,
    );

  const callerOn = (side: 0 | 1, step: Step, more: Record<string, string> = {}) => {
    const workspace = made.on(side, step.workspace);
    return {
      key: step.key === 'admin' ? ADMIN_KEY : made.on(side, step.key),
      headers: { ...(workspace === null ? {} : { 'bellwire-workspace': workspace }), ...more },
    };
  };

  const call = async (step: Step): Promise<Outcomes> => {
    const { input, headers } = inRestsOwnWay(step);
    let answer: Answer | null = null;
    const api: Api = async (...given) =>
      (answer = await asCaller(left.server.api, callerOn(0, step, headers))(...given));
    const rest = await overRest(api, '', { name: step.name, input: made.on(0, input) });
    const trpc = await overTrpc(asCaller(right.server.api, callerOn(1, step)), '', {
      name: step.name,
      input: made.on(1, step.input),
    });
    made.note(rest.value, trpc.value);
    if (rest.error === null) {
      if (step.name.endsWith('.delete')) made.prune(made.on(0, step.input));
      await quiet();
    }
    return { rest, trpc, answer: answer! };
  };

  const stateOn = async (side: 0 | 1): Promise<unknown> => {
    const { server, rows } = side === 0 ? left : right;
    const state: unknown[] = [];
    for (const workspace of ['ws_default', ...made.of('ws').map((pair) => pair[side])]) {
      const over = side === 0 ? overRest : overTrpc;
      for (const name of LISTS) {
        const read = (cursor: object) =>
          over(server.api, workspace, { name, input: { limit: 1000, ...cursor } });
        state.push(name, await allOf(read));
      }
    }
    return [...state, rows()];
  };

  return {
    call,
    states: async () => [await stateOn(0), await stateOn(1)],
    [Symbol.asyncDispose]: async () => {
      await Promise.all([left.close(), right.close()]);
    },
  };
};
