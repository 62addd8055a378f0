const FIRST_MS = 1_000;
const MAX_MS = 5 * 60_000;

/** The wait of a delivery returned unsent for the nth time in a row: 1 s, doubling up to 5 minutes. */
export const returnDelay = (returns: number): number => Math.min(FIRST_MS * 2 ** (returns - 1), MAX_MS);
