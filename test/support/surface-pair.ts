import { sql } from 'kysely';
import { ALIASES } from '../../packages/server/src/http/rest-input.ts';
import { routes, type Step } from './any-step.ts';
import { createPairs } from './created-pairs.ts';
import { countRows } from './row-counts.ts';
import { openBeside } from './storage.ts';
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

/** Two equal servers: one is called over REST, the other gets the same calls over /trpc. */
export interface SurfacePair extends AsyncDisposable {
  readonly call: (step: Step) => Promise<Outcomes>;
  /** The stored state of each: every list of the default and the latest workspaces, and the rows of each table. */
  readonly states: () => Promise<readonly [unknown, unknown]>;
}

interface Side {
  readonly server: RunningServer;
  /** Whether no delivery is being sent and no job is running. */
  readonly isQuiet: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** The sweeper does not run, and no retry is due before the end: only requested attempts are sent. */
const startSide = async (): Promise<Side> => {
  const server = await startServer({ started: false, settings: { retry_schedule: '0s,6h,6h' } });
  const beside = openBeside(server.database_url);
  const busy = sql`
    select 1 from bellwire_deliveries where status = 'sending'
     union all select 1 from bellwire_recoveries where status = 'running'
     union all select 1 from bellwire_erasures where phase in ('hooks', 'events', 'stats') or (phase = 'records'
       and not exists (select 1 from bellwire_hooks where stopping is not null))
     limit 1`.compile(beside.db);
  return {
    server,
    isQuiet: async () => (await beside.db.executeQuery(busy)).rows.length === 0,
    close: async () => {
      await beside[Symbol.asyncDispose]();
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

/** The input in the forms that only REST accepts: a field by its alias, the idempotency key as a header. */
const inRestForm = ({ name, input, rest_only }: Step): { input: Input; headers: Record<string, string> } => {
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

/** Every row of a list, page by page, and the code of a refusal. */
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
  const created = createPairs();

  const quiet = (): Promise<unknown> =>
    until(
      async () => (await left.isQuiet()) && (await right.isQuiet()),
      (isQuiet) => isQuiet,
    );

  const callerOn = (side: 0 | 1, step: Step, more: Record<string, string> = {}) => {
    const workspace = created.on(side, step.workspace);
    return {
      key: step.key === 'admin' ? ADMIN_KEY : created.on(side, step.key),
      headers: { ...(workspace === null ? {} : { 'bellwire-workspace': workspace }), ...more },
    };
  };

  const call = async (step: Step): Promise<Outcomes> => {
    const { input, headers } = inRestForm(step);
    const { name } = step;
    let answer: Answer | null = null;
    const api: Api = async (...given) =>
      (answer = await asCaller(left.server.api, callerOn(0, step, headers))(...given));
    const [rest, trpc] = await Promise.all([
      overRest(api, '', { name, input: created.on(0, input) }),
      overTrpc(asCaller(right.server.api, callerOn(1, step)), '', { name, input: created.on(1, step.input) }),
    ]);
    created.note(rest.value, trpc.value);
    if (rest.error === null) {
      if (name.endsWith('.delete')) created.prune(created.on(0, step.input));
      await quiet();
    }
    return { rest, trpc, answer: answer! };
  };

  const stateOn = async (side: 0 | 1): Promise<unknown> => {
    const { server } = side === 0 ? left : right;
    const state: unknown[] = [];
    for (const workspace of ['ws_default', ...created.of('ws').map((pair) => pair[side])]) {
      const over = side === 0 ? overRest : overTrpc;
      for (const name of LISTS) {
        const read = (cursor: object) =>
          over(server.api, workspace, { name, input: { limit: 1000, ...cursor } });
        state.push(name, await allOf(read));
      }
    }
    // One row per minute: attempts can be recorded in the next one on one side.
    const { bellwire_stats: _, ...rows } = await countRows(server.database_url);
    return [...state, rows];
  };

  return {
    call,
    states: async () => [await stateOn(0), await stateOn(1)],
    [Symbol.asyncDispose]: async () => {
      await Promise.all([left.close(), right.close()]);
    },
  };
};
