import { LRUCache } from 'lru-cache';
import { BellwireError, type Issue } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { CheckAnswer, CheckJob, CheckRequest, CheckResult, CheckThreadData } from './check-messages.ts';
import { type Checker, createChecker } from './checker.ts';
import { findCompileIssues } from './compile-issues.ts';

/** After this time the thread starts no other job of a request, so that jobs of other workspaces can be next. */
const MAX_REQUEST_MS = 20;

/** A compilation that takes longer ends the request, so that the check has time of its own. */
const LONG_COMPILATION_MS = 100;

/**
 * The compiled schemas that the thread keeps, in characters of their texts. A compiled schema has up to 40 times the size
 * of its text.
 */
const MAX_KEPT = 1_500_000;

export interface CheckWorkerOptions extends CheckThreadData {
  readonly monotonic: () => number;
}

/** The work of the schema thread. */
export const createCheckWorker = ({
  progress,
  monotonic,
}: CheckWorkerOptions): ((request: CheckRequest) => CheckAnswer) => {
  const current = new Int32Array(progress);
  const checkers = new LRUCache<string, Checker>({
    maxSize: MAX_KEPT,
    sizeCalculation: (_, schema_text) => schema_text.length + 1,
  });

  const compiling = <T>(work: () => T): T => {
    Atomics.store(current, 1, 1);
    try {
      return work();
    } finally {
      Atomics.store(current, 1, 0);
    }
  };

  const checkerOf = (schema_text: string): Checker => {
    const known = checkers.get(schema_text);
    if (known !== undefined) return known;
    const checker = compiling(() => createChecker(schema_text));
    checkers.set(schema_text, checker);
    return checker;
  };

  /** Undefined if only the schema was compiled. */
  const issuesOf = ({ schema_text, data_text }: CheckJob): readonly Issue[] | null | undefined => {
    if (data_text === null) {
      return compiling(() => findCompileIssues(JSON.parse(schema_text) as JsonObject));
    }
    try {
      const started_at = monotonic();
      const checker = checkerOf(schema_text);
      if (monotonic() - started_at > LONG_COMPILATION_MS) return undefined;
      return checker(JSON.parse(data_text) as JsonObject);
    } catch (error) {
      if (error instanceof BellwireError) return null;
      throw error;
    }
  };

  return (request) => {
    const results: CheckResult[] = [];
    const started_at = monotonic();
    for (let job_at = started_at; job_at - started_at < MAX_REQUEST_MS;) {
      const job = request[results.length];
      if (job === undefined) break;
      Atomics.store(current, 0, results.length);
      const issues = issuesOf(job);
      if (issues === undefined) break;
      const ended_at = monotonic();
      results.push({ issues, duration_ms: ended_at - job_at });
      job_at = ended_at;
    }
    return { results };
  };
};
