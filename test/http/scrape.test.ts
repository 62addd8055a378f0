import { expect, it } from 'vitest';
import { createMetrics } from '../../packages/server/src/http/metrics.ts';

it('a scrape counts the open deliveries once, however many statuses it shows', async () => {
  let counts = 0;
  const metrics = createMetrics({
    gauges: () => ({ in_flight: 1, queued: 2, waiting_accepts: 3 }),
    openDeliveries: async () => {
      counts += 1;
      return { pending: 10, sending: 20, held: 30 };
    },
  });
  const lines = (await metrics.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'bellwire_attempts_in_flight 1',
      'bellwire_deliveries_queued 2',
      'bellwire_accepts_waiting 3',
      'bellwire_deliveries_open{status="pending"} 10',
      'bellwire_deliveries_open{status="sending"} 20',
      'bellwire_deliveries_open{status="held"} 30',
    ]),
  );
  expect(counts).toBe(1);
});
