import { expect, it } from 'vitest';
import {
  afterAttempt,
  type Breaker,
  CLOSED,
  type CountedAttempt,
  isOverloaded,
  isProbeDue,
  withoutProbe,
  withProbe,
} from '../../packages/server/src/core/breaker.ts';

const NOW = Date.UTC(2026, 0, 5);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const attempt = (differences: Partial<CountedAttempt> = {}): CountedAttempt => ({
  delivery_id: 'dlv_1',
  is_manual: false,
  effect: 'failed',
  is_overloaded: false,
  retry_after_ms: null,
  retry_base_ms: 5 * SECOND,
  now: NOW,
  ...differences,
});

/** The breaker after attempts: `F`ailed or `S`ucceeded, one per second. */
const after = (text: string, differences: Partial<CountedAttempt> = {}, from: Breaker = CLOSED): Breaker =>
  text.split('').reduce(
    (breaker, letter, index) =>
      afterAttempt(
        breaker,
        attempt({
          effect: letter === 'S' ? 'succeeded' : 'failed',
          now: NOW + index * SECOND,
          ...differences,
        }),
      ),
    from,
  );

const opened = (interval_ms = 5 * SECOND): Breaker => ({
  ...CLOSED,
  state: 'open',
  interval_ms,
  probe_at: NOW + interval_ms,
});

it('opens after ten failures in a row, and not before', () => {
  expect(after('F'.repeat(9)).state).toBe('closed');
  expect(after('F'.repeat(10)).state).toBe('open');
  expect(after(`${'F'.repeat(9)}S${'F'.repeat(9)}`).state).toBe('closed');
});

it('opens when 70 % of at least twenty attempts in five minutes have failed', () => {
  expect(after('FFFS'.repeat(4)).state).toBe('closed');
  expect(after('FFFS'.repeat(5)).state, 'a success does not open it').toBe('closed');
  expect(after(`${'FFFS'.repeat(5)}F`).state).toBe('open');
  expect(after('FFSFS'.repeat(60)).state).toBe('closed');
  // The same attempts over a longer time.
  const slow = 'FFFS'
    .repeat(50)
    .split('')
    .reduce(
      (breaker, letter, index) =>
        afterAttempt(
          breaker,
          attempt({ effect: letter === 'S' ? 'succeeded' : 'failed', now: NOW + index * 20 * SECOND }),
        ),
      CLOSED,
    );
  expect(slow.state).toBe('closed');
});

it('after a few failures among many successes, nothing is left to store', () => {
  expect(after(`F${'S'.repeat(19)}`)).toEqual(CLOSED);
});

it('faults on this side change nothing', () => {
  const before = after('F'.repeat(9));
  expect(afterAttempt(before, attempt({ effect: null }))).toBe(before);
});

it.each([
  { retry_base_ms: 0, interval: 5 * SECOND },
  { retry_base_ms: 5 * MINUTE, interval: 5 * MINUTE },
  { retry_base_ms: 24 * HOUR, interval: HOUR },
])(
  'is open for the retry delay of the delivery, 5 s to 1 h: $retry_base_ms ms',
  ({ retry_base_ms, interval }) => {
    const breaker = after('F'.repeat(10), { retry_base_ms, now: NOW });
    expect(breaker.probe_at).toBe(NOW + interval);
    expect(isProbeDue(breaker, NOW + interval - 1)).toBe(false);
    expect(isProbeDue(breaker, NOW + interval)).toBe(true);
  },
);

it('each failed probe doubles the interval, up to an hour', () => {
  let breaker = opened();
  const intervals: number[] = [];
  for (let n = 0; n < 12; n += 1) {
    breaker = afterAttempt(withProbe(breaker, 'dlv_1', NOW), attempt());
    intervals.push(breaker.probe_at! - NOW);
  }
  expect(intervals.slice(0, 4)).toEqual([10, 20, 40, 80].map((s) => s * SECOND));
  expect(intervals.slice(-2)).toEqual([HOUR, HOUR]);
});

it('only the probe and a successful manual attempt change a breaker that is not closed', () => {
  for (const breaker of [opened(), withProbe(opened(), 'dlv_probe', NOW)]) {
    for (const effect of ['succeeded', 'failed', null] as const) {
      expect(afterAttempt(breaker, attempt({ effect }))).toBe(breaker);
    }
    const manual = afterAttempt(breaker, attempt({ effect: 'succeeded', is_manual: true }));
    expect(manual).toMatchObject({ state: 'closed', width: 1 });
  }
});

it('the success of the probe closes it; sending ramps up 1, 2, 3 … and ends without a limit', () => {
  const half_open = withProbe(opened(), 'dlv_1', NOW);
  let breaker = afterAttempt(half_open, attempt({ effect: 'succeeded' }));
  const widths: (number | null)[] = [];
  for (let n = 0; n < 31; n += 1) {
    widths.push(breaker.width);
    breaker = afterAttempt(breaker, attempt({ effect: 'succeeded' }));
  }
  expect(widths.slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(breaker).toEqual(CLOSED);
});

it('a receiver that fails a third of its attempts ramps up to all slots, one that fails half of them does not', () => {
  const ramp: Breaker = { ...CLOSED, interval_ms: 20 * SECOND, width: 2 };
  expect(after('SSF'.repeat(100), {}, ramp).width).toBe(null);
  expect(after('SF'.repeat(100), {}, ramp).width).toBe(2);
  expect(after('F'.repeat(3), {}, ramp).width).toBe(1);
});

it('opening again during the ramp doubles the interval', () => {
  const ramp: Breaker = { ...CLOSED, interval_ms: 20 * SECOND, width: 9 };
  const again = after('F'.repeat(10), { now: NOW }, ramp);
  expect(again.probe_at).toBe(NOW + 40 * SECOND);
});

it('a probe that was not sent is followed by the next one after a second, with the same interval', () => {
  const breaker = withProbe(opened(40 * SECOND), 'dlv_1', NOW);
  expect(withoutProbe(breaker, NOW)).toMatchObject({ state: 'open', probe_id: null, probe_at: NOW + SECOND });
  const interrupted = afterAttempt(breaker, attempt({ effect: null }));
  expect(interrupted).toMatchObject({ state: 'open', interval_ms: 40 * SECOND, probe_at: NOW + SECOND });
});

it('429, 502, 503 and 504 narrow the hook to one attempt at a time', () => {
  const statuses = [429, 502, 503, 504, 500, 404, null];
  expect(statuses.filter(isOverloaded)).toEqual([429, 502, 503, 504]);
  expect(after('F', { is_overloaded: true }).width).toBe(1);
  expect(after('F').width).toBe(null);
});

it('Retry-After opens it at once for that long, at most an hour', () => {
  const waits = [30 * SECOND, 5 * HOUR].map(
    (retry_after_ms) => after('F', { retry_after_ms, is_overloaded: true }).probe_at! - NOW,
  );
  expect(waits).toEqual([30 * SECOND, HOUR]);
  expect(after('F', { retry_after_ms: 0 }).state).toBe('closed');
});

it('a time of a probe that is more than an hour ahead comes from a clock that was set back', () => {
  expect(isProbeDue({ state: 'open', probe_at: NOW + HOUR + 1 }, NOW)).toBe(true);
});
