import type { IdFactory } from '../core/ids.ts';
import type { CatalogEntry } from '../dialects/dialect.ts';
import type { Audit } from '../admin/audit.ts';
import type { AwaitedSends } from '../admin/awaited-sends.ts';
import type { Accept, SingleDelivery } from '../delivery/accept.ts';
import type { AdmitEvent } from '../admin/event-limits.ts';
import type { ErasureJobs } from '../admin/erasures.ts';
import type { HookWarnings } from '../admin/hook-warnings.ts';
import type { Hooks } from '../admin/hooks.ts';
import type { Keys } from '../admin/keys.ts';
import type { Portals } from '../admin/portals.ts';
import type { Hash } from '../ports/hash.ts';
import type { SchemaCheck, SchemaValidation } from '../ports/schema-check.ts';
import type { ListedHook, Repositories } from '../ports/repositories.ts';
import type { RecoveryJobs } from '../admin/recoveries.ts';
import type { SampleOf } from '../admin/samples.ts';
import type { Secrets } from '../admin/secrets.ts';
import type { SkipDelivery } from '../admin/skip-delivery.ts';
import type { Signatures } from '../admin/signatures.ts';
import type { SystemState } from '../admin/system.ts';
import type { TestSends } from '../admin/test-sends.ts';
import type { TryFilter } from '../admin/try-filter.ts';
import type { HookFacts } from './views/hook.ts';

/** The dependencies of the routers. They never appear in the published types. */
export interface RpcDeps {
  readonly accept: Accept;
  readonly admitEvent: AdmitEvent;
  readonly hooks: Hooks;
  readonly hookWarnings: HookWarnings;
  /** The parts of a shown hook that are not in its row. */
  readonly hookFacts: (hook: ListedHook) => HookFacts;
  readonly testSends: TestSends;
  readonly tryFilter: TryFilter;
  readonly secrets: Secrets;
  readonly signatures: Signatures;
  readonly recoveryJobs: RecoveryJobs;
  readonly erasureJobs: ErasureJobs;
  readonly keys: Keys;
  readonly portals: Portals;
  readonly repositories: Repositories;
  readonly audit: Audit;
  readonly redeliver: (workspace_id: string, delivery_id: string) => Promise<SingleDelivery>;
  readonly skipDelivery: SkipDelivery;
  readonly awaitedSends: AwaitedSends;
  readonly now: () => number;
  readonly readSystem: () => Promise<SystemState>;
  readonly ids: IdFactory;
  readonly hash: Hash;
  /** The issues of a JSON Schema for an event type; empty when it is valid. */
  readonly validateSchema: SchemaValidation;
  /** Checks data against a valid schema. */
  readonly checkSchema: SchemaCheck;
  /** Example data of an event type. */
  readonly sampleOf: SampleOf;
  /** The initial catalog for a dialect; null for an unknown dialect. */
  readonly catalogOfDialect: (dialect: string) => readonly CatalogEntry[] | null;
}
