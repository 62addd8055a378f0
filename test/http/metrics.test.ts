import { expect, it } from 'vitest';
import { createMetrics } from '../../packages/server/src/http/metrics.ts';

const gauges = () => ({ in_flight: 3, queued: 0, waiting_accepts: 7 });

it('metrics are complete but for the open deliveries when these cannot be counted', async () => {
  const counts = { can_be_read: true };
  const openDeliveries = () =>
    counts.can_be_read
      ? Promise.resolve({ pending: 4, sending: 2, held: 1 })
      : Promise.reject(new Error('the database is busy'));
  const metrics = createMetrics({ gauges, openDeliveries });
  expect(await metrics.text()).toContain('bellwire_deliveries_open{status="pending"} 4');

  counts.can_be_read = false;
  const text = await metrics.text();
  expect(text).toContain('bellwire_accepts_waiting 7');
  expect(text).not.toContain('bellwire_deliveries_open{');
});
