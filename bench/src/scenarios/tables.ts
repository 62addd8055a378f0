import { join } from 'node:path';
import { createHooks, eventsFor } from '../event-load.ts';
import { closedLoop } from '../load.ts';
import { allReceived, atRate, measure, receivedBy, withPair } from '../pair.ts';
import { prepareTables, type TableSizes } from '../prepare-tables.ts';
import type { Row, Scenario, ScenarioOptions } from '../scenario.ts';

const EMPTY: TableSizes = {
  hooks: 1_000,
  finished: 0,
  old: 0,
  pending: 0,
  gone_backlog: 0,
  paused_backlog: 0,
};

/** Nothing listens there; no delivery of the prepared rows is due. */
const NO_PORT = 9;

/** The peak and 300 events per second beside the rows of a workspace of their own. */
const besideRows = async (
  { folder, events, say }: ScenarioOptions,
  name: string,
  sizes: TableSizes,
): Promise<readonly Row[]> => {
  const file = `${name}.db`;
  const started = performance.now();
  await prepareTables(join(folder, file), sizes, NO_PORT);
  say(`  prepared in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return withPair(
    folder,
    async (pair) => {
      await createHooks(pair.server, pair.receiver);
      const load = eventsFor(pair.server);
      const { sent } = await closedLoop(load, Math.min(events, 10_000), 64);
      await allReceived(pair.receiver, sent);
      await receivedBy(pair.receiver, '/reset');
      const label = `${(sizes.pending + sizes.finished).toLocaleString('en')} ${name}`;
      const row = await measure(pair, {
        label: `${label}, peak`,
        send: () => closedLoop(load, Math.ceil(events / 2), 64),
      });
      const slow = await atRate(pair, load, { rate: 300, seconds: 6 });
      return [row, { ...slow, label: `${label}, ${slow.label}` }];
    },
    file,
  );
};

const rowsOf = (full: boolean): number => (full ? 1_000_000 : 100_000);

export const pending: Scenario = {
  id: 'pending',
  about: 'The peak and 300/s beside many pending deliveries of another workspace (a million with --full).',
  run: (options) => {
    const rows = rowsOf(options.full);
    const sizes = { ...EMPTY, pending: rows, gone_backlog: rows / 5, paused_backlog: rows / 5 };
    return besideRows(options, 'pending', sizes);
  },
};

export const finished: Scenario = {
  id: 'finished',
  about: 'The peak and 300/s beside many finished deliveries of another workspace (a million with --full).',
  run: (options) => besideRows(options, 'finished', { ...EMPTY, finished: rowsOf(options.full) }),
};
