import { createFanOut, fanOutLoad } from '../fan-out-load.ts';
import { closedLoop } from '../load.ts';
import { allReceived, atRate, measure, receivedBy, withWarmPair } from '../pair.ts';
import type { Row, Scenario } from '../scenario.ts';
import { benchUndici } from '../undici-alone.ts';

const SENDERS = 64;

/** Events before the first measurement, for each measured one. Until then, V8 compiles, which costs up to a fifth of the CPU time. */
const WARM_UP = 2;

const withRatio = (row: Row, alone: number, column: 'events/s' | 'deliveries/s'): Row => ({
  ...row,
  values: { ...row.values, 'ratio to undici': (row.values[column] ?? 0) / alone },
});

export const peak: Scenario = {
  id: 'peak',
  about:
    'As many events as 64 connections can send, one hook per event; then half of that rate; beside undici.request alone.',
  run: ({ folder, events }) =>
    withWarmPair(folder, WARM_UP * events, async (pair, load) => {
      const before = await benchUndici(pair.receiver, events);
      const row = await measure(pair, { label: 'peak', send: () => closedLoop(load, events, SENDERS) });
      const after = await benchUndici(pair.receiver, events);
      const alone = (before + after) / 2;
      const half = Math.max(1, Math.round((row.values['events/s'] ?? 0) / 2));
      const half_row = await atRate(pair, load, { rate: half, seconds: 6 });
      return [
        { label: 'undici.request alone', values: { 'events/s': alone } },
        withRatio(row, alone, 'events/s'),
        { ...half_row, label: `half the peak: ${half_row.label}` },
      ];
    }),
};

const RATES = [50, 300, 1_000, 5_000] as const;
const MAX_SECONDS = 10;

export const rates: Scenario = {
  id: 'rates',
  about: `${RATES.join(', ')} events per second in an open loop: latencies include the wait of the sender.`,
  run: ({ folder, events }) =>
    withWarmPair(folder, WARM_UP * events, async (pair, load) => {
      const rows: Row[] = [];
      for (const rate of RATES) {
        const seconds = Math.min(MAX_SECONDS, Math.max(2, Math.ceil(events / rate)));
        rows.push(await atRate(pair, load, { rate, seconds }));
      }
      return rows;
    }),
};

const FAN_OUTS = [1, 10, 100] as const;

export const fanOut: Scenario = {
  id: 'fan-out',
  about: `Events for ${FAN_OUTS.join(', ')} hooks, beside undici.request alone.`,
  run: ({ folder, events }) =>
    withWarmPair(folder, WARM_UP * events, async (pair, load) => {
      const rows: Row[] = [];
      for (const fan_out of FAN_OUTS) {
        await createFanOut(pair, fan_out);
        const own = fanOutLoad(load, fan_out);
        const count = Math.max(20, Math.round(events / 2 / fan_out));
        await receivedBy(pair.receiver, '/reset');
        const { sent } = await closedLoop(own, Math.ceil(count / 4), SENDERS);
        await allReceived(pair.receiver, sent * fan_out);
        const alone = await benchUndici(pair.receiver, events);
        const row = await measure(pair, {
          label: `1 event, ${fan_out} ${fan_out === 1 ? 'hook' : 'hooks'}`,
          fan_out,
          send: () => closedLoop(own, count, SENDERS),
        });
        rows.push(withRatio(row, alone, fan_out === 1 ? 'events/s' : 'deliveries/s'));
      }
      return rows;
    }),
};
