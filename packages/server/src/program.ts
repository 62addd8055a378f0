import type { BellwireError } from './core/errors.ts';
import type { SendableHook } from './core/hook.ts';
import type { IdFactory } from './core/ids.ts';
import type { DeliveryLoop, DeliveryLoopOptions } from './delivery/delivery-loop.ts';
import type { Observation } from './delivery/report.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { Dialects } from './dialects/registry.ts';
import type { ConsoleFiles } from './ports/console-files.ts';
import type { Clock } from './ports/clock.ts';
import type { Hash } from './ports/hash.ts';
import type { InboxLog } from './ports/inbox-log.ts';
import type { Log } from './ports/log.ts';
import type { Random } from './ports/random.ts';
import type { Repositories } from './ports/repositories.ts';
import type { SampleData } from './ports/sample-data.ts';
import type { Schedule } from './ports/schedule.ts';
import type { SchemaCheck, SchemaCheckFacts, SchemaValidation } from './ports/schema-check.ts';
import type { Store } from './ports/store.ts';
import type { SystemFacts } from './ports/system.ts';
import type { SendResult, Transport } from './ports/transport.ts';
import type { Cluster } from './core/cluster.ts';
import type { ReadClientCertificate } from './ports/client-certificates.ts';
import type { UrlPolicy } from './ports/url-policy.ts';
import type { Verbs } from './rpc/verbs.ts';

/** The program's dependencies on the outside world. */
export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly storage: {
    readonly store: Store;
    readonly repositories: Repositories;
    /** Hooks of any workspace whose URL has this path. */
    readonly hooksAt: (path: string) => Promise<readonly SendableHook[]>;
    /** Absent for a node that owns its database. */
    readonly cluster?: Cluster;
    /** Maximum time for which the sender of an event waits for the database; absent for no limit. */
    readonly accept_wait_ms?: number | null;
  };
  readonly createTransport: (onResults: (results: readonly SendResult[]) => void) => Transport;
  readonly url_policy: UrlPolicy;
  readonly readClientCertificate: ReadClientCertificate;
  readonly check: SchemaCheck;
  readonly sample_data: SampleData;
  /** The issues of a JSON Schema for an event type. */
  readonly validateSchema: SchemaValidation;
  readonly schemaFacts: () => SchemaCheckFacts;
  readonly hash: Hash;
  readonly ids: IdFactory;
  readonly dialects: Dialects;
  /** Keeps the requests of the built-in receiver; null disables the receiver. */
  readonly inbox_log: InboxLog | null;
  readonly console_files: ConsoleFiles;
  readonly schedule: Schedule;
  /** Called with every observation, in addition to the metrics. */
  readonly observe?: (observation: Observation) => void;
  /** Called when the database can no longer be trusted: the process must be restarted. */
  readonly onBroken: (error: BellwireError) => void;
}

/** The program's configuration, as plain data. */
export interface Settings extends Pick<
  DeliveryLoopOptions,
  'limits' | 'user_agent' | 'retry_delays_ms' | 'timeout_ms' | 'retention_ms' | 'payload_retention_ms'
> {
  /** The dialect of the default workspace. */
  readonly default_dialect: Dialect;
  /** The address of the server in browsers; null for the one of each request. */
  readonly public_url: string | null;
  /** The origins of pages that may show the portal or call the API with its token. */
  readonly portal_origins: readonly string[];
  /** The facts about this process for operators. */
  readonly system: SystemFacts;
  /** The configured admin API key; null keeps the one of an earlier start. */
  readonly api_key: string | null;
}

/** A running Bellwire, independent of its ports. */
export interface Program {
  /** Ends all open streams and refuses new ones. Call it before you close the listener, which waits for responses. */
  readonly endStreams: () => void;
  /** The HTTP API, pages and inbox. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Every API call, as an admin of a workspace; null is the default one. */
  readonly verbsIn: (workspace_id: string | null) => Verbs;
  readonly loop: DeliveryLoop;
  /** Creates the token of a link that signs one browser in to the console. */
  readonly createSignInLink: () => Promise<string>;
  /** Whether there was no API key yet. */
  readonly is_first_start: boolean;
  /** Starts the sweep, once a second, which sends due retries and the deliveries of an earlier process. */
  readonly start: () => void;
  /** One pass of the sweep. */
  readonly sweep: () => Promise<void>;
  /** Shuts down gracefully: no delivery is lost or sent twice. Further calls return the same promise. */
  readonly stop: () => Promise<void>;
}
