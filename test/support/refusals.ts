import { expect } from 'vitest';
import { startReceiver } from './receiver.ts';
import { countRows } from './row-counts.ts';
import { type Answer, type AnswerBody, type Api, keepForFile, startServer } from './running-server.ts';

/** The expected form of a refusal. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  /** The paths of all invalid fields, and no others. */
  readonly paths?: readonly string[];
}

type ApiError = AnswerBody['error'];

/** The error of an answer. On /trpc it is one level deeper. */
const errorIn = ({ body, text }: Answer): ApiError => {
  const { error } = body as { error?: ApiError & { readonly data?: ApiError } };
  if (error === undefined) throw new Error(`this is not a refusal: ${text}`);
  return error.data ?? error;
};

/** One server with one hook to one receiver, for all refusals of a test file. */
export const startRefusalBench = async () => {
  const server = await keepForFile(startServer());
  const receiver = await keepForFile(startReceiver());
  const hook = await server.addHook(`${receiver.origin}/in`);
  const storedRows = async () => {
    // Earlier accepted events may still add attempts, and the failed ones hold back their hook.
    const {
      bellwire_attempts: _,
      bellwire_request_bodies: ____,
      bellwire_stats: __,
      bellwire_throttles: ___,
      ...rows
    } = await countRows(server.database_url);
    return rows;
  };

  /** The call must be refused like this, and store nothing. */
  const expectRefused = async (
    { status, code, paths }: Refused,
    ...call: Parameters<Api>
  ): Promise<Answer> => {
    const before = await storedRows();
    const answer = await server.api(...call);
    const { code: found, message, issues = [] } = errorIn(answer);
    expect([answer.status, found], answer.text).toEqual([status, code]);
    expect(message.length).toBeGreaterThan(20);
    expect(answer.headers['cache-control']).toBe('no-store');
    if (paths !== undefined) {
      // One field can have two issues.
      expect([...new Set(issues.map(({ path }) => path))].toSorted(), message).toEqual(paths.toSorted());
      for (const issue of issues) expect(issue.message.length).toBeGreaterThan(5);
    }
    expect(await storedRows()).toEqual(before);
    return answer;
  };

  /** Sends one valid event: it must be the first request that the receiver gets. */
  const expectNothingSent = async (): Promise<void> => {
    const { body, text } = await server.api('POST /v1/events', { type: 'good', data: {} });
    expect(body.deliveries, text).toBe(1);
    expect((await receiver.next()).headers['webhook-id']).toBe(body.id);
    expect(receiver.calls).toHaveLength(1);
  };

  return { ...server, receiver, hook, expectRefused, expectNothingSent };
};
