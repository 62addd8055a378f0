import { hash as digest } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { assemble } from './assemble.ts';
import { BuiltConsole } from './built-console.ts';
import type { Ports, Program, Settings } from './program.ts';
import { SampleGenerator } from './catalog/sample-generator.ts';
import { SchemaChecks } from './catalog/schema-checks.ts';
import { systemClock } from './clock.ts';
import { changedSettings, type Config, shownSettings } from './config.ts';
import { BellwireError } from './core/errors.ts';
import { createIdFactory } from './core/ids.ts';
import type { Dialect } from './dialects/dialect.ts';
import { createDialects, type Dialects } from './dialects/registry.ts';
import { createLog } from './log.ts';
import { type Network, type NetworkSettings, openNetwork } from './network.ts';
import type { Log } from './ports/log.ts';
import type { SendResult, Transport } from './ports/transport.ts';
import { createSystemRandom } from './random.ts';
import type { Verbs } from './rpc/verbs.ts';
import { cronSchedule } from './schedule/cron.ts';
import type { SenderSettings } from './sender-thread.ts';
import { openInboxFile } from './storage/inbox-file.ts';
import { type OpenedStorage, openStorage } from './storage/open-storage.ts';
import { readClientCertificate } from './transport/client-certificate.ts';
import type { createHttpTransport } from './transport/http-transport.ts';
import type { ForwardProxy } from './transport/proxy-tunnel.ts';
import { leaseClockOf, type LeaseClock, mayBeginIn } from './transport/lease-clock.ts';
import { ThreadedTransport } from './transport/threaded-transport.ts';
import { VERSION } from './version.ts';

export interface BellwireParts {
  /** Custom dialects, in addition to the built-in ones. */
  readonly dialects?: readonly Dialect[];
  readonly log?: Log;
  /** Called when the process cannot continue: restart it. */
  readonly onBroken?: (error: BellwireError) => void;
}

/**
 * A Bellwire instance in this process. Its calls (`events.send`, `hooks.create`, …) act as an admin of the default
 * workspace and throw a BellwireError with a code.
 */
export interface Bellwire extends Verbs, AsyncDisposable {
  /** The HTTP API, pages and inbox. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** The same calls in another workspace. Each throws `not_found` if it does not exist. */
  readonly inWorkspace: (workspace_id: string) => Verbs;
  /** Whether there was no API key yet. */
  readonly is_first_start: boolean;
  readonly database_path: string;
  /** The folder of files that belong to the database, such as the key file. */
  readonly data_folder: string;
  /** Creates the token of a link, `/signin#token`, that signs one browser in to the console as an admin. */
  readonly createSignInLink: () => Promise<string>;
  /** The path of the key file if it was created just now; null otherwise. */
  readonly created_key_file: string | null;
  /** Starts retries and the deliveries of an earlier process. Call it once, before or after the first events. */
  readonly start: () => Promise<void>;
  /**
   * Ends all open streams (`GET /v1/stream`) and refuses new ones. `stop` does it too; call this first if you close your
   * HTTP server before, because that waits for open responses.
   */
  readonly endStreams: () => void;
  /** Shuts down gracefully and closes the database. Further calls return the same promise. */
  readonly stop: () => Promise<void>;
}

const sha256 = (text: string): string => digest('sha256', text, 'hex');

/** This module and the threads' are TypeScript in the repository and JavaScript in the published package. */
const senderThreadUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './sender-thread.ts' : './sender-thread.js', import.meta.url);
const schemaThreadUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './schema-thread.ts' : './schema-thread.js', import.meta.url);

/** The build of the package `web` in the repository; a folder of the published package. */
const consoleFolder = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../web/dist' : './console', import.meta.url));

const schemaPorts = (checks: SchemaChecks): Pick<Ports, 'check' | 'validateSchema' | 'schemaFacts'> => ({
  check: checks.check,
  validateSchema: checks.validate,
  schemaFacts: () => checks.facts,
});

const networkSettingsOf = (config: Config): NetworkSettings => ({
  allow_networks: config.allow_networks ?? [],
  allow_metadata: config.allow_metadata,
  allow_hosts: config.allow_hosts ?? null,
  refuse_hosts: config.refuse_hosts ?? [],
  https_only: config.https_only,
  static_hosts: config.static_hosts ?? null,
  proxy: config.proxy ?? null,
});

const databaseOf = (config: Config) => ({
  database_url: config.database_url,
  database_direct_url: config.database_direct_url ?? null,
  database_schema: config.database_schema ?? null,
  database_prepare: config.database_prepare,
  encryption_keys: config.encryption_keys ?? null,
});

const settingsOf = (config: Config, dialects: Dialects): Omit<Settings, 'system'> => {
  const default_dialect = dialects.get(config.dialect);
  if (default_dialect === undefined) {
    throw new BellwireError(
      'config_invalid',
      `Invalid BELLWIRE_DIALECT (or --dialect): there is no dialect "${config.dialect}". Known dialects: ${[...dialects.keys()].join(', ')}.`,
    );
  }
  return {
    default_dialect,
    limits: { concurrency: config.concurrency, hook_concurrency: config.hook_concurrency },
    user_agent: `Bellwire/${VERSION}`,
    retry_delays_ms: config.retry_schedule ?? null,
    timeout_ms: config.attempt_timeout ?? null,
    retention_ms: config.retention,
    payload_retention_ms: config.payload_retention,
    public_url: config.public_url ?? null,
    portal_origins: config.portal_origins ?? [],
    api_key: config.api_key ?? null,
  };
};

const systemOf = (config: Config, node_id: string, { facts }: OpenedStorage): Settings['system'] => ({
  version: VERSION,
  node_id,
  settings: shownSettings(config),
  database: facts,
});

type CreateHttpTransport = typeof createHttpTransport;

interface TransportOptions {
  /** Null with a sender thread, which has its own: then this thread does not load undici. */
  readonly createHttpTransport: CreateHttpTransport | null;
  readonly network: Network;
  readonly network_settings: NetworkSettings;
  readonly lease_clock: LeaseClock | null;
  readonly onBroken: (error: BellwireError) => void;
}

const loadHttpTransport = async (): Promise<CreateHttpTransport> =>
  (await import('./transport/http-transport.ts')).createHttpTransport;

const transportFactory =
  ({ createHttpTransport, network, network_settings, lease_clock, onBroken }: TransportOptions) =>
  (onResults: (results: readonly SendResult[]) => void): Transport => {
    if (createHttpTransport !== null)
      return createHttpTransport({
        ...network,
        clock: systemClock,
        mayBegin: mayBeginIn(lease_clock),
        onResults,
      });
    return new ThreadedTransport({
      thread_url: senderThreadUrl(),
      settings: { ...network_settings, lease_clock } satisfies SenderSettings,
      clock: systemClock,
      onResults,
      onBroken: (cause) =>
        onBroken(
          new BellwireError('internal', `The sender thread could not start: ${cause.message}.`, { cause }),
        ),
    });
  };

/** Reports the first error only: the storage and the delivery loop notice the same one. */
const reportBroken = (log: Log, onBroken: BellwireParts['onBroken']): ((error: BellwireError) => void) => {
  let is_reported = false;
  return (error) => {
    if (is_reported) return;
    is_reported = true;
    log.error('this process cannot continue; restart it', {
      code: error.code,
      reason: error.message,
    });
    onBroken?.(error);
  };
};

const warnOfProxy = (log: Log, { hostname, port }: ForwardProxy): void =>
  log.warn(
    'requests are sent through a proxy, which resolves host names itself: this server checks only the addresses that it sees, so the proxy must refuse private networks',
    { proxy_host: hostname, proxy_port: port },
  );

interface BellwireCore {
  readonly program: Program;
  readonly storage: OpenedStorage;
  readonly close: () => Promise<void>;
  readonly log: Log;
  readonly config: Config;
}

const toBellwire = ({ program, storage, close, log, config }: BellwireCore): Bellwire => {
  let is_started = false;
  const stopThenClose = async (): Promise<void> => {
    try {
      await program.stop();
    } finally {
      await close();
    }
    if (is_started) log.info('stopped');
  };
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= stopThenClose());
  return {
    ...program.verbsIn(null),
    fetch: program.fetch,
    inWorkspace: program.verbsIn,
    is_first_start: program.is_first_start,
    database_path: storage.path,
    data_folder: storage.folder,
    createSignInLink: program.createSignInLink,
    created_key_file: storage.created_key_file,
    start: async () => {
      for (const warning of storage.warnings) log.warn(warning);
      program.start();
      is_started = true;
      log.info('started', {
        version: VERSION,
        database: storage.path,
        settings: changedSettings(config),
      });
    },
    endStreams: program.endStreams,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

/** The threads for schemas, which start at their first use. */
const openSchemas = () => {
  const sample_data = new SampleGenerator({ clock: systemClock });
  const schema_checks = new SchemaChecks({ clock: systemClock, thread_url: schemaThreadUrl() });
  return {
    ports: { ...schemaPorts(schema_checks), sample_data },
    close: async (): Promise<void> => {
      await sample_data[Symbol.asyncDispose]();
      await schema_checks[Symbol.asyncDispose]();
    },
  };
};

/**
 * Creates a Bellwire instance with the real ports. When it resolves, the database is open and the configured API key is
 * valid; deliveries of an earlier process are sent after `start`.
 * @throws BellwireError `config_invalid`, and the errors of opening the database.
 */
export const createBellwire = async (config: Config, parts: BellwireParts = {}): Promise<Bellwire> => {
  const log = parts.log ?? createLog(config.log_level);
  const random = createSystemRandom();
  const ids = createIdFactory(systemClock.now, random.bytes);
  const node_id = ids('node');
  const dialects = createDialects(parts.dialects);
  const settings = settingsOf(config, dialects);
  const network = openNetwork(networkSettingsOf(config));
  if (network.proxy !== null) warnOfProxy(log, network.proxy);
  const onBroken = reportBroken(log, parts.onBroken);
  const storage = await openStorage({
    ...databaseOf(config),
    clock: systemClock,
    onBroken,
    ids,
    node_id,
    wireIdOf: (dialect, event_id) => dialects.get(dialect)?.wire_id?.(event_id) ?? null,
  });
  const schemas = openSchemas();
  const inbox_log = config.inbox ? await openInboxFile(storage, log) : null;
  const close = async (): Promise<void> => {
    network.resolver.close();
    await schemas.close();
    await inbox_log?.close();
    await storage.close();
  };
  const ports: Ports = {
    clock: storage.clock,
    random,
    log,
    storage,
    inbox_log,
    createTransport: transportFactory({
      createHttpTransport: config.sender_thread ? null : await loadHttpTransport(),
      network,
      network_settings: networkSettingsOf(config),
      lease_clock: leaseClockOf(storage.cluster.lease_window, systemClock),
      onBroken,
    }),
    url_policy: network.url_policy,
    readClientCertificate,
    ...schemas.ports,
    hash: sha256,
    ids,
    dialects,
    console_files: new BuiltConsole(consoleFolder()),
    schedule: cronSchedule,
    onBroken,
  };
  try {
    const program = await assemble(ports, { ...settings, system: systemOf(config, node_id, storage) });
    return toBellwire({ program, storage, close, log, config });
  } catch (error) {
    await close();
    throw error;
  }
};
