import { createHook, PADDING, urlOf } from './event-load.ts';
import type { Load } from './load.ts';
import type { Pair } from './pair.ts';

const typeOf = (fan_out: number): string => `bench.fan${fan_out}`;

/** Creates as many hooks for one event type. */
export const createFanOut = async ({ server, receiver }: Pair, fan_out: number): Promise<void> => {
  for (let n = 0; n < fan_out; n += 1) {
    await createHook(server, { url: `${urlOf(receiver)}/fan/${fan_out}/${n}`, events: [typeOf(fan_out)] });
  }
};

/** Events of that type. */
export const fanOutLoad = (load: Load, fan_out: number): Load => ({
  ...load,
  body: (n) =>
    `{"type":"${typeOf(fan_out)}","data":{"n":${n},"sent_at":${(performance.timeOrigin + performance.now()).toFixed(2)},"padding":"${PADDING}"}}`,
});
