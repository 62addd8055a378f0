import type { Random } from '../../packages/server/src/ports/random.ts';

const UINT32 = 0x1_0000_0000;

/** Numbers that look random and are the same for the same seed (mulberry32). Not for secrets. */
export const createSeededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (size) => Uint8Array.from({ length: size }, () => next() & 0xff),
    roll: () => next() / UINT32,
  };
};
