/** The tokens of a bucket at a time. Times are in milliseconds. */
export interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Tokens that a bucket holds at most: those of one second, so that a second's events may come at once. */
const capacityOf = (per_second: number): number => Math.max(1, per_second);

export const fullBucket = (per_second: number, now: number): Bucket => ({
  tokens: capacityOf(per_second),
  at: now,
});

/** The bucket with the tokens that it has received since. A clock that goes back adds none. */
export const refilled = ({ tokens, at }: Bucket, per_second: number, now: number): Bucket => ({
  tokens: Math.min(capacityOf(per_second), tokens + (Math.max(0, now - at) * per_second) / 1_000),
  at: now,
});

/** Milliseconds until the bucket has a token; 0 if it has one. */
export const waitOf = ({ tokens }: Bucket, per_second: number): number =>
  // Sums of fractions may be a little less than a whole token.
  tokens >= 1 - 1e-9 ? 0 : Math.ceil(((1 - tokens) * 1_000) / per_second);

export const withoutOne = (bucket: Bucket): Bucket => ({ ...bucket, tokens: bucket.tokens - 1 });
