import { afterAll, beforeAll, expect } from 'vitest';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Answer, type AnswerBody, type RunningServer, startServer } from './running-server.ts';

/** What a refusal must look like. */
export interface Refused {
  readonly status: number;
  readonly code: string;
  /** The paths of the fields that are wrong, all of them and no other. */
  readonly paths?: readonly string[];
}

export interface RefusalBench {
  readonly server: () => RunningServer;
  readonly receiver: () => Receiver;
  /** A hook to the receiver, for every event. */
  readonly hook: () => AnswerBody;
  /** Runs the call; it must be refused like this, and store and send nothing. */
  readonly expectRefusal: (call: () => Promise<Answer>, refused: Refused) => Promise<Answer>;
  /** One more good event: it must be the first thing that the receiver hears of. */
  readonly expectNothingWasSent: () => Promise<void>;
}

const LISTS = [
  '/v1/events',
  '/v1/webhooks',
  '/v1/deliveries',
  '/v1/event-types',
  '/v1/api-keys',
  '/v1/workspaces',
] as const;

const expectIssues = ({ error }: AnswerBody, paths: readonly string[] | undefined): void => {
  if (paths === undefined) return;
  // One field can be wrong in two ways.
  const found = new Set((error.issues ?? []).map(({ path }) => path));
  expect([...found].toSorted(), error.message).toEqual(paths.toSorted());
  for (const { message } of error.issues ?? []) expect(message.length).toBeGreaterThan(5);
};

/** One server with one hook to one receiver, for all the refusals of a file. */
export const createRefusalBench = (): RefusalBench => {
  let server: RunningServer;
  let receiver: Receiver;
  let hook: AnswerBody;

  beforeAll(async () => {
    [server, receiver] = await Promise.all([startServer(), startReceiver()]);
    hook = await server.addHook(`${receiver.origin}/in`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });

  const stored = async (): Promise<readonly (readonly string[])[]> =>
    Promise.all(
      LISTS.map(async (path) => {
        const { body } = await server.api(`GET ${path}?limit=1000`);
        return body.data.map(({ id, name }) => id ?? name);
      }),
    );

  return {
    server: () => server,
    receiver: () => receiver,
    hook: () => hook,
    expectRefusal: async (call, { status, code, paths }) => {
      const before = await stored();
      const answer = await call();
      expect([answer.status, answer.body.error?.code], answer.text).toEqual([status, code]);
      expect(answer.body.error.message.length).toBeGreaterThan(20);
      expect(answer.headers['cache-control']).toBe('no-store');
      expectIssues(answer.body, paths);
      expect(await stored()).toEqual(before);
      return answer;
    },
    expectNothingWasSent: async () => {
      const { body, text } = await server.api('POST /v1/events', { type: 'good', data: {} });
      expect(body.deliveries, text).toBe(1);
      const call = await receiver.next();
      expect(call.headers['webhook-id']).toBe(body.id);
      expect(receiver.calls).toHaveLength(1);
    },
  };
};
