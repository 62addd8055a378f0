import { BellwireError } from '../core/errors.ts';
import type { IdFactory } from '../core/ids.ts';
import type { JsonObject } from '../core/json.ts';
import type { ContentType, Dialect, Method } from '../dialects/dialect.ts';
import type { Accept } from './accept.ts';
import { judgeHook } from './judge-hook.ts';
import type { Clock, Random, Store, UrlPolicy, WorkspaceCatalog } from './ports.ts';
import type { HookChange, ListedHook, Records } from './records.ts';

/** What a person says of a hook. */
export interface HookInput {
  readonly url: string;
  readonly events: readonly string[];
  readonly name?: string | undefined;
  readonly method?: Method | undefined;
  readonly content_type?: ContentType | undefined;
  readonly dialect?: string | undefined;
  readonly secret?: string | null | undefined;
  readonly active?: boolean | undefined;
  readonly insecure_ssl?: boolean | undefined;
  readonly max_attempts?: number | null | undefined;
  readonly timeout_ms?: number | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type HookPatch = {
  readonly [K in keyof Omit<HookInput, 'dialect' | 'secret'>]?: HookInput[K] | undefined;
};

export interface TestInput {
  readonly event_type?: string | undefined;
  readonly data?: JsonObject | undefined;
}

/** A hook's life: made, changed, switched, tried out, deleted. All throw `not_found` for a hook that is not there. */
export interface Hooks {
  /** The new hook with its secret, which is shown only now. @throws BellwireError `url_refused`, `invalid_input`, … */
  readonly create: (
    workspace_id: string,
    input: HookInput,
  ) => Promise<{ readonly hook: ListedHook; readonly secret: string | null }>;
  readonly update: (workspace_id: string, id: string, patch: HookPatch) => Promise<ListedHook>;
  readonly activate: (workspace_id: string, id: string) => Promise<ListedHook>;
  readonly deactivate: (workspace_id: string, id: string) => Promise<ListedHook>;
  readonly remove: (workspace_id: string, id: string) => Promise<void>;
  /** Queues one ping, in whatever state the hook is. */
  readonly ping: (workspace_id: string, id: string) => Promise<{ readonly delivery_id: string }>;
  /** Queues one test event: the data given, else the example of its type. */
  readonly test: (
    workspace_id: string,
    id: string,
    input: TestInput,
  ) => Promise<{ readonly delivery_id: string }>;
}

export interface HooksOptions {
  readonly records: Records;
  readonly store: Store;
  readonly accept: Accept;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly random: Random;
  readonly dialects: ReadonlyMap<string, Dialect>;
  readonly url_policy: UrlPolicy;
}

const notFound = (id: string) => new BellwireError('not_found', `There is no hook ${id} in this workspace.`);

const withoutUndefined = <T extends object>(input: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

const toChange = ({ active, ...patch }: HookPatch): HookChange => ({
  ...withoutUndefined(patch),
  ...(active === undefined ? {} : { status: active ? 'active' : 'paused', disabled_reason: null }),
});

/** The type of a test: the one asked for, else the hook's first exact one with an example, else its first exact one. */
const testType = (
  hook: ListedHook,
  exampleOf: (type: string) => JsonObject | null,
  asked?: string,
): string => {
  const exact = hook.events.filter((entry) => !entry.endsWith('*'));
  return asked ?? exact.find((type) => exampleOf(type) !== null) ?? exact[0] ?? 'test';
};

export const createHooks = (options: HooksOptions): Hooks => {
  const { records, store, accept, clock, ids } = options;

  const catalogOf = async (workspace_id: string): Promise<WorkspaceCatalog> => {
    const catalog = await store.catalog(workspace_id);
    if (catalog === null) throw new BellwireError('not_found', `There is no workspace ${workspace_id}.`);
    return catalog;
  };

  const dialectOf = (name: string): Dialect => {
    const dialect = options.dialects.get(name);
    if (dialect !== undefined) return dialect;
    const known = [...options.dialects.keys()].join(', ');
    throw new BellwireError('invalid_input', `There is no dialect "${name}". Known are: ${known}.`, {
      issues: [{ path: 'dialect', message: `must be one of ${known}` }],
    });
  };

  const get = async (workspace_id: string, id: string): Promise<ListedHook> => {
    const hook = await records.hooks.get(workspace_id, id);
    if (hook === null) throw notFound(id);
    return hook;
  };

  const change = async (workspace_id: string, id: string, wanted: HookChange): Promise<ListedHook> => {
    const hook = await records.hooks.update(workspace_id, id, { ...wanted, updated_at: clock.now() });
    if (hook === null) throw notFound(id);
    return hook;
  };

  const secretOf = (dialect: Dialect, secret: string | null | undefined) => {
    const value =
      secret === undefined && dialect.secret.presence !== 'optional'
        ? dialect.secret.make(options.random.bytes)
        : secret;
    return typeof value === 'string' ? { id: ids('sec'), value } : null;
  };

  return {
    create: async (workspace_id, input) => {
      const catalog = await catalogOf(workspace_id);
      const dialect = dialectOf(input.dialect ?? catalog.dialect);
      judgeHook(input, { dialect, catalog, url_policy: options.url_policy });
      const now = clock.now();
      const secret = secretOf(dialect, input.secret);
      const hook = await records.hooks.create({
        id: ids('wh'),
        workspace_id,
        name: input.name ?? new URL(input.url).host,
        url: input.url,
        events: input.events,
        method: input.method ?? 'POST',
        content_type: input.content_type ?? 'application/json',
        dialect: dialect.name,
        status: input.active === false ? 'paused' : 'active',
        disabled_reason: null,
        insecure_ssl: input.insecure_ssl ?? false,
        max_attempts: input.max_attempts ?? null,
        timeout_ms: input.timeout_ms ?? null,
        validated_at: null,
        created_at: now,
        updated_at: now,
        headers: input.headers ?? {},
        secret,
      });
      return { hook, secret: secret?.value ?? null };
    },
    update: async (workspace_id, id, patch) => {
      const [hook, catalog] = await Promise.all([get(workspace_id, id), catalogOf(workspace_id)]);
      judgeHook(patch, { dialect: dialectOf(hook.dialect), catalog, url_policy: options.url_policy });
      return change(workspace_id, id, toChange(patch));
    },
    activate: (workspace_id, id) => change(workspace_id, id, { status: 'active', disabled_reason: null }),
    deactivate: (workspace_id, id) => change(workspace_id, id, { status: 'paused', disabled_reason: null }),
    remove: async (workspace_id, id) => {
      if (!(await records.hooks.remove(workspace_id, id, clock.now()))) throw notFound(id);
    },
    ping: async (workspace_id, id) => {
      const hook = await get(workspace_id, id);
      const data = dialectOf(hook.dialect).ping.data;
      return accept.single(workspace_id, { hook_id: id, trigger: 'ping', type: 'ping', data });
    },
    test: async (workspace_id, id, { event_type, data }) => {
      const [hook, catalog] = await Promise.all([get(workspace_id, id), catalogOf(workspace_id)]);
      const ofDialect = new Map(
        dialectOf(hook.dialect).catalog.map((entry) => [entry.name, entry.example ?? null]),
      );
      const exampleOf = (type: string) =>
        catalog.event_types.get(type)?.example ?? ofDialect.get(type) ?? null;
      const type = testType(hook, exampleOf, event_type);
      return accept.single(workspace_id, {
        hook_id: id,
        trigger: 'test',
        type,
        data: data ?? exampleOf(type) ?? {},
      });
    },
  };
};
