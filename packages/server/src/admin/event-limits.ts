import type { RateLimit, RateLimits } from '../delivery/rate-limits.ts';
import type { Repositories } from '../ports/repositories.ts';
import type { Caller } from './keys.ts';

/** The sender of an event. */
export interface Sender {
  readonly caller: Caller;
  readonly workspace_id: string;
  readonly tenant: string | undefined;
}

export interface EventLimitsOptions {
  readonly tenants: Pick<Repositories['tenants'], 'eventsPerSecond'>;
  readonly rate_limits: Pick<RateLimits, 'take'>;
}

/** Counts an event against the limits of its API key and tenant. @throws BellwireError `too_many_requests` */
export type AdmitEvent = (sender: Sender) => Promise<void>;

const ofCaller = (caller: Caller): RateLimit | null => {
  const per_second = caller.scope === 'portal' ? null : caller.events_per_second;
  if (per_second === null) return null;
  const advice = 'use a key with a higher limit';
  return { key: caller.key_id, per_second, subject: 'This API key', advice };
};

const ofTenant = (workspace_id: string, tenant: string, per_second: number): RateLimit => ({
  key: `${workspace_id} ${tenant}`,
  per_second,
  subject: `The tenant ${tenant}`,
  advice: `raise \`limits.events_per_second\` of the tenant: PATCH /v1/tenants/${tenant}`,
});

export const createAdmitEvent =
  ({ tenants, rate_limits }: EventLimitsOptions): AdmitEvent =>
  async ({ caller, workspace_id, tenant }) => {
    const of_key = ofCaller(caller);
    const per_second = tenant === undefined ? null : await tenants.eventsPerSecond(workspace_id, tenant);
    const of_tenant =
      tenant === undefined || per_second === null ? null : ofTenant(workspace_id, tenant, per_second);
    const limits = [of_key, of_tenant].filter((limit) => limit !== null);
    if (limits.length > 0) rate_limits.take(limits);
  };
