import { LRUCache } from 'lru-cache';
import { atMost } from '../core/at-most.ts';
import { BellwireError } from '../core/errors.ts';
import { type Bucket, fullBucket, refilled, waitOf, withoutOne } from '../core/token-bucket.ts';
import type { Clock } from '../ports/clock.ts';

/** A limit of events per second. */
export interface RateLimit {
  /** Identifies what is limited. */
  readonly key: string;
  readonly per_second: number;
  /** The beginning of the error message, such as `The tenant cus_42`. */
  readonly subject: string;
  /** The end of the error message, such as `raise the limit`. */
  readonly advice: string;
}

interface Known {
  readonly per_second: number;
  readonly bucket: Bucket;
}

/** Limits whose tokens are remembered. One that is forgotten begins with a full bucket. */
const REMEMBERED_MAX = 50_000;

/**
 * Counts events against limits per second, in this process: each node admits its equal part of a limit. After a restart,
 * every limit has a full second.
 */
export class RateLimits {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #nodes: () => number;
  readonly #known = new LRUCache<string, Known>(atMost(REMEMBERED_MAX));

  /** `nodes`: the number of nodes that share every limit. */
  constructor(clock: Pick<Clock, 'monotonic'>, nodes: () => number = () => 1) {
    this.#clock = clock;
    this.#nodes = nodes;
  }

  /** Counts one event against all limits, or against none. @throws BellwireError `too_many_requests` */
  take(limits: readonly RateLimit[]): void {
    const now = this.#clock.monotonic();
    const buckets = limits.map((limit) => ({ limit, bucket: this.#bucketOf(limit, now) }));
    for (const { limit, bucket } of buckets) {
      const wait_ms = waitOf(bucket, this.#partOf(limit));
      if (wait_ms === 0) continue;
      throw new BellwireError(
        'too_many_requests',
        `${limit.subject} may send ${limit.per_second} events per second (events_per_second). Nothing was stored; send the event again after the time in Retry-After, or ${limit.advice}.`,
        { retry_after_s: Math.ceil(wait_ms / 1_000) },
      );
    }
    for (const { limit, bucket } of buckets) {
      this.#known.set(limit.key, { per_second: limit.per_second, bucket: withoutOne(bucket) });
    }
  }

  /** A bucket of another rate than before begins full. */
  #bucketOf(limit: RateLimit, now: number): Bucket {
    const known = this.#known.get(limit.key);
    const part = this.#partOf(limit);
    return known?.per_second === limit.per_second ? refilled(known.bucket, part, now) : fullBucket(part, now);
  }

  #partOf({ per_second }: RateLimit): number {
    return per_second / this.#nodes();
  }
}
