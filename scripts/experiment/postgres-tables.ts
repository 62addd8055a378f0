import type { Experiment } from './experiment.ts';

/** Those about the cost of large tables and of dead rows in PostgreSQL. */
export const postgresTableExperiments: readonly Experiment[] = [
  {
    id: 'P6',
    file: 'test/process/postgres-horizon.test.ts',
    env: { PINNED_SECONDS: '600', PINNED_RATE: '500' },
    shows: 'Claims stay fast although an idle transaction keeps PostgreSQL from removing dead rows',
    takes: '12 min',
  },
  {
    id: 'P7',
    file: 'test/process/postgres-bloat.test.ts',
    env: { BLOAT_DELIVERIES: '5000000' },
    shows: 'After millions of deliveries, the table of open ones has few dead rows and is not much larger',
    takes: '40 min',
  },
  {
    id: 'D7-postgres',
    file: 'test/process/postgres-pending.test.ts',
    env: { PENDING_ROWS: '1000000' },
    shows: 'The same on PostgreSQL: a node with a million due deliveries is ready and sends within seconds',
    takes: '3 min',
  },
  {
    id: 'claims-postgres',
    file: 'test/storage/postgres/claim-cost.test.ts',
    env: { CLAIM_PENDING: '1000000' },
    shows: 'The same on PostgreSQL: a claim costs the same with a thousand and a million pending deliveries',
    takes: '3 min',
  },
];
