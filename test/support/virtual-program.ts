import { readClientCertificate } from '../../packages/server/src/transport/client-certificate.ts';
import { createHash } from 'node:crypto';
import { assemble } from '../../packages/server/src/assemble.ts';
import type { Ports, Program, Settings } from '../../packages/server/src/program.ts';
import { createSampleData } from '../../packages/server/src/catalog/sample-data.ts';
import type { JsonObject } from '../../packages/server/src/core/json.ts';
import type { Dialect } from '../../packages/server/src/dialects/dialect.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import { standard } from '../../packages/server/src/dialects/standard.ts';
import type { Log } from '../../packages/server/src/ports/log.ts';
import type { Schedule } from '../../packages/server/src/ports/schedule.ts';
import { checkData, validateSchema } from './schemas.ts';
import { storage as storage_kind } from './storage.ts';
import { createScriptedTransport, type Script, type ScriptedTransport } from './scripted-transport.ts';

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Schedules nothing: tests call `loop.sweep`. */
const manual: Schedule = { everySecond: () => ({ stop: () => Promise.resolve() }) };

/** The ports that a test sets; the others have defaults. */
export interface VirtualPorts
  extends
    Pick<Ports, 'clock' | 'random' | 'ids'>,
    Partial<Pick<Ports, 'log' | 'check' | 'observe' | 'onBroken'>> {
  readonly storage: Pick<Ports['storage'], 'store' | 'repositories' | 'accept_wait_ms'>;
  readonly script: Script;
  /** Added to the built-in dialects. */
  readonly dialects?: readonly Dialect[];
}

export interface VirtualProgram {
  readonly program: Program;
  readonly transport: ScriptedTransport;
}

/** The real program on a real store. The test controls time, randomness and receivers. */
export const assembleVirtual = async (
  { storage, script, dialects = [], ...given }: VirtualPorts,
  settings: Partial<Settings> = {},
): Promise<VirtualProgram> => {
  let transport: ScriptedTransport | undefined;
  const program = await assemble(
    {
      log: silent,
      check: async ({ schema_text, data }) => checkData(JSON.parse(schema_text) as JsonObject, data),
      sample_data: { of: async (schema_text) => createSampleData(JSON.parse(schema_text) as JsonObject) },
      onBroken: () => undefined,
      ...given,
      storage: { ...storage, hooksAt: () => Promise.resolve([]) },
      createTransport: (onResults) =>
        (transport = createScriptedTransport({ clock: given.clock, script, onResults })),
      inbox_log: null,
      url_policy: { check: () => ({ ok: true }) },
      readClientCertificate,
      validateSchema: async (_, schema) => validateSchema(schema),
      schemaFacts: () => ({ thread_ms: 0, ended_threads: 0 }),
      hash: (text) => createHash('sha256').update(text).digest('hex'),
      dialects: createDialects(dialects),
      console_files: { index: () => null, get: () => null },
      schedule: manual,
    },
    {
      default_dialect: standard,
      limits: { hook_concurrency: 8, concurrency: 256 },
      user_agent: 'Bellwire/test',
      retry_delays_ms: null,
      timeout_ms: null,
      retention_ms: null,
      payload_retention_ms: null,
      public_url: null,
      portal_origins: [],
      system: {
        version: '0.0.0',
        node_id: 'node_1',
        settings: [],
        database: { kind: storage_kind, version: '0.0', migrations: [] },
      },
      api_key: null,
      ...settings,
    },
  );
  return { program, transport: transport! };
};
