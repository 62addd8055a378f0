import { LRUCache } from 'lru-cache';
import { BellwireError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { SampleData } from '../ports/sample-data.ts';
import { KeptThread } from './kept-thread.ts';
import type { SampleAnswer } from './sample-worker.ts';
import { WorkerThread } from './worker-thread.ts';

const MAX_SAMPLE_MS = 1_000;
const IDLE_MS = 30_000;

/** An ordinary sample needs a few megabytes. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };

/** Each can take a second, so a longer queue would only delay all of them. */
const MAX_WAITING = 8;

/** In characters: schemas and samples. */
const MAX_CACHE_SIZE = 8_000_000;

/** A busy machine can exceed the limit for an ordinary schema too, so that result expires. */
const OVERRUN_KEPT_MS = 60_000;

/** This module and the worker's are TypeScript in the repository and JavaScript in the published package. */
const workerUrl = (): URL =>
  new URL(import.meta.url.endsWith('.ts') ? './sample-worker.ts' : './sample-worker.js', import.meta.url);

type Pending = PromiseWithResolvers<string | null>;

const shuttingDown = () =>
  new BellwireError('shutting_down', 'The server is shutting down. Nothing was sent; try again.', {
    retry_after_s: 1,
  });

const tooManyWaiting = () =>
  new BellwireError(
    'overloaded',
    'Too many event types wait for sample data. Nothing was sent; try again in a few seconds, or pass data.',
    { retry_after_s: 5 },
  );

const notStarted = (cause?: unknown) =>
  new BellwireError(
    'overloaded',
    'The thread that generates sample data could not start. Nothing was sent; try again, or pass data.',
    { retry_after_s: 5, cause },
  );

const parse = (sample_text: string | null): JsonObject | null =>
  sample_text === null ? null : (JSON.parse(sample_text) as JsonObject);

/**
 * Generates sample data in a worker thread, one schema after the other, at most 1 s each. The thread starts with the
 * first schema, ends after 30 s without one, and is replaced if it exceeds its time or memory. The last used samples
 * are kept.
 */
export class SampleGenerator implements SampleData, AsyncDisposable {
  readonly #known: LRUCache<string, { readonly sample_text: string | null }>;
  /** By schema, oldest first. The first one is being generated. */
  readonly #pending = new Map<string, Pending>();
  readonly #thread: KeptThread<string, SampleAnswer>;
  #working: Promise<void> | null = null;
  #is_closed = false;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#known = new LRUCache({
      maxSize: MAX_CACHE_SIZE,
      sizeCalculation: ({ sample_text }, schema_text) => schema_text.length + (sample_text?.length ?? 0) + 1,
      perf: { now: () => clock.monotonic() },
      ttlResolution: 0,
    });
    this.#thread = new KeptThread({
      clock,
      create: () => new WorkerThread({ clock, url: workerUrl(), max_ms: MAX_SAMPLE_MS, limits: LIMITS }),
      idle_ms: IDLE_MS,
      notStarted: (cause) => (this.#is_closed ? shuttingDown() : notStarted(cause)),
    });
  }

  readonly of: SampleData['of'] = async (schema_text) => {
    if (this.#is_closed) throw shuttingDown();
    const known = this.#known.get(schema_text);
    if (known !== undefined) return parse(known.sample_text);
    const pending = this.#pending.get(schema_text) ?? this.#add(schema_text);
    return parse(await pending.promise);
  };

  /** Rejects all that wait, and resolves when the thread has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#is_closed = true;
    for (const { reject } of this.#pending.values()) reject(shuttingDown());
    this.#pending.clear();
    await this.#thread.end();
    await this.#working;
  }

  #add(schema_text: string): Pending {
    if (this.#pending.size >= MAX_WAITING) throw tooManyWaiting();
    const added: Pending = Promise.withResolvers();
    this.#pending.set(schema_text, added);
    this.#working ??= this.#work();
    return added;
  }

  async #work(): Promise<void> {
    this.#thread.work();
    for (let next = this.#first(); next !== undefined; next = this.#first()) {
      const [schema_text, { resolve, reject }] = next;
      await this.#generate(schema_text).then(resolve, reject);
      this.#pending.delete(schema_text);
    }
    this.#working = null;
    if (!this.#is_closed) this.#thread.rest();
  }

  #first(): readonly [string, Pending] | undefined {
    return this.#pending.entries().next().value;
  }

  async #generate(schema_text: string): Promise<string | null> {
    const thread = await this.#thread.started();
    const answer = await thread.ask(schema_text);
    if (this.#is_closed) throw shuttingDown();
    if (answer === null) await this.#thread.end();
    const { sample_text } = answer ?? { sample_text: null };
    this.#known.set(schema_text, { sample_text }, answer === null ? { ttl: OVERRUN_KEPT_MS } : {});
    return sample_text;
  }
}
