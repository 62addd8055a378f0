import type { HookRef } from './audit.ts';
import { BellwireError } from '../core/errors.ts';
import { EVERY_TENANT } from '../core/fan-out.ts';
import type { JsonObject } from '../core/json.ts';
import { operationalCatalog } from '../core/operational-catalog.ts';
import { isOperational } from '../core/operational-events.ts';
import { outcomeDetail } from '../core/outcome.ts';
import { dataViolation } from '../core/schema-violation.ts';
import type { Accept, SingleDelivery } from '../delivery/accept.ts';
import type { HookLookup } from './hook-lookup.ts';
import type { Clock } from '../ports/clock.ts';
import type { ListedHook } from '../ports/repositories.ts';
import type { SchemaCheck, SchemaOwner } from '../ports/schema-check.ts';
import type { AttemptRecord } from '../ports/store.ts';
import type { Sample, SampleOf, SampleSource } from './samples.ts';
import { operationalProblem } from './validate-hook.ts';

export interface TestInput {
  readonly event_type?: string | undefined;
  readonly data?: JsonObject | undefined;
}

export interface Validation {
  readonly success: boolean;
  /** The outcome's kind and detail (`http_status 404`); `url_changed` if the URL changed during the validation. */
  readonly outcome: string;
  readonly response_status: number | null;
  readonly response_body: string | null;
  /** Milliseconds; null while the hook is not validated. */
  readonly validated_at: number | null;
}

/** One immediate attempt for a hook in any state; never retried, never counted towards the hook's health. */
export interface TestSends {
  readonly ping: (workspace_id: string, id: string) => Promise<SingleDelivery>;
  /**
   * Sends the given data, else a sample of its type. Both are valid against the schema of the workspace's catalog.
   * @throws BellwireError `schema_violation`, and the errors of `SampleOf`.
   */
  readonly test: (workspace_id: string, id: string, input: TestInput) => Promise<SingleDelivery>;
  /** Sends a `Webhook Validate` and waits for the response: a 2xx marks the hook validated. */
  readonly validate: (at: HookRef) => Promise<Validation>;
}

export interface TestSendsOptions {
  readonly lookup: HookLookup;
  readonly accept: Accept;
  readonly clock: Clock;
  readonly check: SchemaCheck;
  readonly sampleOf: SampleOf;
}

/** The type of a test: the requested one, else the hook's first exact one with an example, else its first exact one. */
const testType = (
  events: readonly string[],
  isShown: (type: string) => boolean,
  requested?: string,
): string => {
  const exact = events.filter((entry) => !entry.endsWith('*'));
  return requested ?? exact.find(isShown) ?? exact[0] ?? 'test';
};

const outcomeText = (attempt: AttemptRecord | null): string => {
  if (attempt === null) return 'not_sent';
  const detail = outcomeDetail(attempt.outcome);
  return detail === null ? attempt.outcome.kind : `${attempt.outcome.kind} ${detail}`;
};

/** A test belongs to the tenant of its hook; for a hook that serves every tenant it has none. */
const addressOf = ({ id, tenant }: ListedHook) => ({
  hook_id: id,
  tenant: tenant === EVERY_TENANT ? null : tenant,
});

/** @throws BellwireError `invalid_input` for an operational event that the hook cannot subscribe to. */
const checkOperational = (type: string, tenant: string | null): void => {
  const message = isOperational(type) ? operationalProblem(type, tenant) : null;
  if (message === null) return;
  throw new BellwireError('invalid_input', `event_type: ${message}`, {
    issues: [{ path: 'event_type', message }],
  });
};

interface CheckedBy {
  readonly owner: SchemaOwner;
  readonly schema: JsonObject | null;
}

/** @throws BellwireError `schema_violation`, and the errors of `SchemaCheck`. */
const checked = async (
  data: JsonObject,
  { owner, schema, check }: Pick<TestSendsOptions, 'check'> & CheckedBy,
): Promise<Sample> => {
  const data_text = JSON.stringify(data);
  const issues =
    schema === null ? [] : await check({ ...owner, schema_text: JSON.stringify(schema), data, data_text });
  if (issues.length > 0) throw dataViolation(owner.type, issues);
  return { data, previous_data: null };
};

const hasExample = (source: SampleSource | undefined): boolean => (source?.example ?? null) !== null;

const contentOf = async (
  { workspace_id, tenant, events, dialect }: ListedHook,
  { event_type, data }: TestInput,
  { lookup, check, sampleOf }: Pick<TestSendsOptions, 'lookup' | 'check' | 'sampleOf'>,
): Promise<Sample & { readonly type: string }> => {
  const { event_types } = await lookup.catalog(workspace_id);
  const ofDialect = new Map(lookup.dialect(dialect).catalog.map((entry) => [entry.name, entry]));
  const isShown = (name: string) =>
    event_types.get(name)?.has_example === true ||
    hasExample(ofDialect.get(name)) ||
    hasExample(operationalCatalog.get(name));
  const type = testType(events, isShown, event_type);
  checkOperational(type, tenant);
  const stored = event_types.has(type) ? await lookup.eventType(workspace_id, type) : null;
  const operational = operationalCatalog.get(type);
  if (data !== undefined) {
    const schema = operational?.schema ?? stored?.schema ?? null;
    return { type, ...(await checked(data, { owner: { workspace_id, type }, schema, check })) };
  }
  const sources: readonly (SampleSource | null | undefined)[] = [stored, ofDialect.get(type), operational];
  const found = sources.filter((source) => source !== null && source !== undefined);
  return { type, ...(await sampleOf({ workspace_id, type }, found)) };
};

export const createTestSends = ({ lookup, accept, clock, check, sampleOf }: TestSendsOptions): TestSends => {
  const markValidated = async (at: HookRef, hook: ListedHook): Promise<number> => {
    const validated_at = clock.now();
    const status = hook.status === 'unvalidated' ? { status: 'paused' as const } : {};
    await lookup.change(at, { validated_at, ...status }, 'hook.validated');
    return validated_at;
  };

  const checkValidation = async (
    at: HookRef,
    attempt: AttemptRecord | null,
  ): Promise<Pick<Validation, 'success' | 'outcome' | 'validated_at'>> => {
    // Read again: the receiver had up to a minute to answer, and the hook's URL may have changed meanwhile.
    const hook = await lookup.get(at.workspace_id, at.hook_id);
    const { validated_at } = hook;
    const outcome = outcomeText(attempt);
    if (attempt?.outcome.kind !== 'succeeded') return { success: false, outcome, validated_at };
    if (attempt.request?.url !== hook.url) return { success: false, outcome: 'url_changed', validated_at };
    return { success: true, outcome, validated_at: await markValidated(at, hook) };
  };

  return {
    ping: async (workspace_id, id) => {
      const hook = await lookup.get(workspace_id, id);
      const { data } = lookup.dialect(hook.dialect).ping;
      const sent = { trigger: 'ping', type: 'ping', data } as const;
      return accept.single(workspace_id, { ...addressOf(hook), ...sent });
    },
    test: async (workspace_id, id, input) => {
      const hook = await lookup.get(workspace_id, id);
      const content = await contentOf(hook, input, { lookup, check, sampleOf });
      return accept.single(workspace_id, { ...addressOf(hook), trigger: 'test', ...content });
    },
    validate: async (at) => {
      const { workspace_id } = at;
      const hook = await lookup.get(workspace_id, at.hook_id);
      const sent = { trigger: 'validate', type: 'Webhook Validate', data: {} } as const;
      const single = await accept.single(workspace_id, { ...addressOf(hook), ...sent });
      const attempt = await single.attempt;
      return {
        ...(await checkValidation(at, attempt)),
        response_status: attempt?.response?.status ?? null,
        response_body: attempt?.response?.body ?? null,
      };
    },
  };
};
