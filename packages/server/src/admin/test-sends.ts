import { EVERY_TENANT } from '../core/fan-out.ts';
import type { JsonObject } from '../core/json.ts';
import { outcomeDetail } from '../core/outcome.ts';
import type { Accept, SingleDelivery } from '../delivery/accept.ts';
import type { HookLookup } from './hook-lookup.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptRecord } from '../ports/store.ts';
import type { ListedHook } from '../ports/repositories.ts';

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
  /** Sends the given data, else the example of its type. */
  readonly test: (workspace_id: string, id: string, input: TestInput) => Promise<SingleDelivery>;
  /** Sends a `Webhook Validate` and waits for the response: a 2xx marks the hook validated. */
  readonly validate: (workspace_id: string, id: string) => Promise<Validation>;
}

export interface TestSendsOptions {
  readonly lookup: HookLookup;
  readonly accept: Accept;
  readonly clock: Clock;
}

/** The type of a test: the requested one, else the hook's first exact one with an example, else its first exact one. */
const testType = (
  hook: ListedHook,
  exampleOf: (type: string) => JsonObject | null,
  requested?: string,
): string => {
  const exact = hook.events.filter((entry) => !entry.endsWith('*'));
  return requested ?? exact.find((type) => exampleOf(type) !== null) ?? exact[0] ?? 'test';
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

export const createTestSends = ({ lookup, accept, clock }: TestSendsOptions): TestSends => {
  const markValidated = async (workspace_id: string, hook: ListedHook): Promise<number> => {
    const validated_at = clock.now();
    const status = hook.status === 'unvalidated' ? { status: 'paused' as const } : {};
    await lookup.change(workspace_id, hook.id, { validated_at, ...status });
    return validated_at;
  };

  const checkValidation = async (
    workspace_id: string,
    id: string,
    attempt: AttemptRecord | null,
  ): Promise<Pick<Validation, 'success' | 'outcome' | 'validated_at'>> => {
    // Read again: the receiver had up to a minute to answer, and the hook's URL may have changed meanwhile.
    const hook = await lookup.get(workspace_id, id);
    const { validated_at } = hook;
    const outcome = outcomeText(attempt);
    if (attempt?.outcome.kind !== 'succeeded') return { success: false, outcome, validated_at };
    if (attempt.request?.url !== hook.url) return { success: false, outcome: 'url_changed', validated_at };
    return { success: true, outcome, validated_at: await markValidated(workspace_id, hook) };
  };

  return {
    ping: async (workspace_id, id) => {
      const hook = await lookup.get(workspace_id, id);
      const { data } = lookup.dialect(hook.dialect).ping;
      const sent = { trigger: 'ping', type: 'ping', data } as const;
      return accept.single(workspace_id, { ...addressOf(hook), ...sent });
    },
    test: async (workspace_id, id, { event_type, data }) => {
      const [hook, catalog] = await Promise.all([lookup.get(workspace_id, id), lookup.catalog(workspace_id)]);
      const ofDialect = new Map(
        lookup.dialect(hook.dialect).catalog.map((entry) => [entry.name, entry.example ?? null]),
      );
      const exampleOf = (type: string) =>
        catalog.event_types.get(type)?.example ?? ofDialect.get(type) ?? null;
      const type = testType(hook, exampleOf, event_type);
      const sent = { trigger: 'test', type, data: data ?? exampleOf(type) ?? {} } as const;
      return accept.single(workspace_id, { ...addressOf(hook), ...sent });
    },
    validate: async (workspace_id, id) => {
      const hook = await lookup.get(workspace_id, id);
      const sent = { trigger: 'validate', type: 'Webhook Validate', data: {} } as const;
      const single = await accept.single(workspace_id, { ...addressOf(hook), ...sent });
      const attempt = await single.attempt;
      return {
        ...(await checkValidation(workspace_id, id, attempt)),
        response_status: attempt?.response?.status ?? null,
        response_body: attempt?.response?.body ?? null,
      };
    },
  };
};
