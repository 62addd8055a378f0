/** A test whose size comes from the environment. `pnpm test` runs a short form of it, `pnpm experiment <id>` the full one. */
export interface Experiment {
  /** The test mentions it: `pnpm experiment <id>`. */
  readonly id: string;
  /** The test file, from the root of the repository. */
  readonly file: string;
  /** The variables of the full form. A variable of the caller takes precedence. */
  readonly env: Readonly<Record<string, string>>;
  /** What it shows, in one line. */
  readonly shows: string;
  /** The rough duration of the full form, on two cores. */
  readonly takes: string;
}

/** Add a row for each test with a size. A test checks the table against the files. */
export const experiments: readonly Experiment[] = [
  {
    id: 'D1',
    file: 'test/process/kill.test.ts',
    env: { CRASH_KILLS: '50' },
    shows:
      'No accepted event is lost and none is sent twice without cause, however often the process is killed',
    takes: '5 min',
  },
  {
    id: 'D3',
    file: 'test/process/power-cut.test.ts',
    env: { POWER_CUTS: '1000' },
    shows: 'After a power cut at any moment, the database has everything that was acknowledged',
    takes: '10 min',
  },
  {
    id: 'D7',
    file: 'test/process/many-pending.test.ts',
    env: { PENDING_ROWS: '1000000' },
    shows: 'A server with a million due deliveries is ready and sends within seconds after a kill',
    takes: '3 min',
  },
  {
    id: 'I4',
    file: 'test/delivery/hook-rate-limit.test.ts',
    env: { RECOVERY_BACKLOG: '50000' },
    shows: 'A hook that recovers gets its backlog at its rate',
    takes: '2 min',
  },
  {
    id: 'I1',
    file: 'test/delivery/shares.test.ts',
    env: { ISOLATION_HOOKS: '10000', ISOLATION_SECONDS: '600' },
    shows: 'Hundreds of bad receivers do not delay the hooks of others',
    takes: '25 min',
  },
  {
    id: 'I1-process',
    file: 'test/process/isolation.test.ts',
    env: { PROCESS_HOOKS: '10000', PROCESS_SECONDS: '600' },
    shows: 'The same with a real server: 300 bad receivers of 10,000, its memory and its sockets',
    takes: '25 min',
  },
  {
    id: 'I4-process',
    file: 'test/process/rate-limit.test.ts',
    env: { PROCESS_BACKLOG: '50000' },
    shows:
      'The same as I4 with a real server: one probe, then the rate of the hook, and fresh events in between',
    takes: '5 min',
  },
  {
    id: 'I2',
    file: 'test/delivery/floods.test.ts',
    env: { FLOOD_EVENTS: '200000' },
    shows: 'A tenant that sends 200,000 events at once does not delay the events of others',
    takes: '10 min',
  },
  {
    id: 'I3',
    file: 'test/process/silent-zone.test.ts',
    env: { SILENT_SECONDS: '60' },
    shows: 'Hooks whose name servers are silent do not delay others',
    takes: '3 min',
  },
  {
    id: 'I5',
    file: 'test/delivery/floods.test.ts',
    env: { DUE_RETRIES: '100000' },
    shows: 'Many retries that are due at the start do not delay fresh events',
    takes: '5 min',
  },
  {
    id: 'I8',
    file: 'test/process/loop-lag.test.ts',
    env: { LAG_SECONDS: '60', LAG_FINISHED: '200000' },
    shows: 'The event loop is never held for long: under load, beside retention and a backup',
    takes: '4 min',
  },
  {
    id: 'I9',
    file: 'test/delivery/floods.test.ts',
    env: { OVERLOAD_SECONDS: '300' },
    shows: 'Under three times its capacity, a server sends at its capacity and refuses the rest at once',
    takes: '10 min',
  },
  {
    id: 'P1',
    file: 'test/process/postgres-kills.test.ts',
    env: { NODE_KILLS: '120', NODE_RATE: '300' },
    shows: 'Nothing is lost although one of three nodes is killed every five seconds',
    takes: '15 min',
  },
  {
    id: 'P2',
    file: 'test/process/postgres-clean.test.ts',
    env: { CLEAN_DELIVERIES: '1000000', NODE_RATE: '300' },
    shows: 'Three nodes without faults send nothing twice',
    takes: '30 min',
  },
  {
    id: 'P3',
    file: 'test/process/postgres-stops.test.ts',
    env: { NODE_STOPS: '10', NODE_STOP_SECONDS: '60' },
    shows: 'A node that was stopped for a minute writes nothing outdated when it continues',
    takes: '15 min',
  },
  {
    id: 'P4',
    file: 'test/process/postgres-link.test.ts',
    env: { SILENT_LINK_SECONDS: '30' },
    shows:
      'A link to the database that is slow, cut or silent loses nothing; events get 503 within 2 seconds',
    takes: '1 min',
  },
  {
    id: 'P5',
    file: 'test/process/postgres-kills.test.ts',
    env: { DATABASE_KILLS: '20', NODE_RATE: '300' },
    shows: 'Nothing is lost although PostgreSQL is killed; nodes accept again within five seconds',
    takes: '4 min',
  },
  {
    id: 'P8',
    file: 'test/process/postgres-clean.test.ts',
    env: { ROLLING_RESTARTS: '20' },
    shows: 'A rolling restart fails no call that is repeated once, and sends nothing twice',
    takes: '10 min',
  },
  {
    id: 'P9',
    file: 'test/storage/postgres/model.test.ts',
    env: { MODEL_HISTORIES: '2000' },
    shows: 'The stores on SQLite and PostgreSQL give the same answers and contents in random histories',
    takes: '12 min',
  },
  {
    id: 'P10',
    file: 'test/process/pgbouncer.test.ts',
    env: { POOLED_SECONDS: '60' },
    shows: 'Nodes behind PgBouncer in transaction mode lose nothing and send nothing twice',
    takes: '3 min',
  },
  {
    id: 'R10',
    file: 'test/delivery/ordered-histories.test.ts',
    env: { ORDERED_HISTORIES: '1000' },
    shows: 'No event of an ordered hook overtakes another of its key, whatever happens',
    takes: '5 min',
  },
  {
    id: 'R8',
    file: 'test/delivery/histories.test.ts',
    env: { HISTORIES: '1000' },
    shows: 'Every event of a random history ends as delivered, failed, held or canceled',
    takes: '2 min',
  },
  {
    id: 'S1',
    file: 'test/process/stop.test.ts',
    env: { STOP_ROUNDS: '50' },
    shows: 'A graceful stop under load loses nothing and sends nothing twice',
    takes: '5 min',
  },
  {
    id: 'X2',
    file: 'test/transport/rebinding.test.ts',
    env: { REBIND_NAMES: '1000' },
    shows: 'No name whose addresses change leads a request into a private network',
    takes: '2 min',
  },
  {
    id: 'X3',
    file: 'test/transport/address-policy.test.ts',
    env: { ADDRESSES: '1000000' },
    shows: 'A million addresses get the verdict of an independent classification',
    takes: '1 min',
  },
  {
    id: 'X4',
    file: 'test/process/receivers.test.ts',
    env: { RECEIVER_ROUNDS: '20' },
    shows: 'Each way in which a receiver misbehaves has its documented outcome in time',
    takes: '4 min',
  },
  {
    id: 'X6',
    file: 'test/transport/header-fuzz.test.ts',
    env: { HEADER_PAIRS: '100000' },
    shows: 'No custom header adds or changes another header or a request',
    takes: '3 min',
  },
  {
    id: 'X9',
    file: 'test/rpc/authorization.test.ts',
    env: { AUTHORIZATION_SWAPS: '20000' },
    shows: 'No call reads or changes what its credential does not allow',
    takes: '5 min',
  },
  {
    id: 'X11',
    file: 'test/process/rekey.test.ts',
    env: { REKEY_HOOKS: '50000', REKEY_KILLS: '50' },
    shows: 'Encryption with new keys completes, although the process is killed again and again',
    takes: '10 min',
  },
  {
    id: 'claims',
    file: 'test/storage/claim-cost.test.ts',
    env: { CLAIM_PENDING: '1000000' },
    shows: 'A claim costs the same with a thousand and a million pending deliveries',
    takes: '1 min',
  },
  {
    id: 'erasure',
    file: 'test/process/erasure.test.ts',
    env: { ERASURE_EVENTS: '20000' },
    shows: 'A deleted tenant leaves no trace in the files',
    takes: '2 min',
  },
  {
    id: 'move',
    file: 'test/process/move.test.ts',
    env: { MOVE_ROWS: '1000000' },
    shows: 'A database moves to PostgreSQL and back without a change, although each move is killed',
    takes: '10 min',
  },
  {
    id: 'order',
    file: 'test/process/postgres-order.test.ts',
    env: { ORDERED_NODE_FAULTS: '12' },
    shows: 'The events of a key arrive in order, one at a time, although nodes are killed and stopped',
    takes: '5 min',
  },
  {
    id: 'outage',
    file: 'test/process/outage.test.ts',
    env: { OUTAGE_SECONDS: '60', OUTAGE_EVENTS: '5000' },
    shows: 'What waited during an outage of the network is delivered after it',
    takes: '2 min',
  },
  {
    id: 'property',
    file: 'test/rpc/property.test.ts',
    env: { PROPERTY_CALLS: '50000' },
    shows: 'REST and RPC give the same answers and store the same state',
    takes: '15 min',
  },
  {
    id: 'reader',
    file: 'test/storage/reader.test.ts',
    env: { READER_ROUNDS: '200' },
    shows: 'A read after a write sees the write',
    takes: '1 min',
  },
  {
    id: 'schemas',
    file: 'test/process/hostile-schemas.test.ts',
    env: { ATTACK_SECONDS: '60' },
    shows: 'Schemas that are slow to check do not delay the workspaces of others',
    takes: '2 min',
  },
  {
    id: 'scrub',
    file: 'test/storage/scrub.test.ts',
    env: { SCRUB_EVENTS: '20000' },
    shows: 'Deleted payloads and secrets cannot be read in the pages of the database',
    takes: '1 min',
  },
  {
    id: 'slow-disk',
    file: 'test/process/slow-disk.test.ts',
    env: { SLOW_DISK_SECONDS: '20' },
    shows: 'A disk whose syncs are slow delays the events that wait for it, and no other call',
    takes: '3 min',
  },
  {
    id: 'soak',
    file: 'test/process/hostile-tenant.test.ts',
    env: { SOAK_SECONDS: '600' },
    shows:
      'A workspace that attacks with all that its key allows does not harm others; needs a machine without other work',
    takes: '12 min',
  },
];
