import type { HookSetup } from './arrange.ts';
import type { ReceiverAnswer, TimedNode, TimedNodeOptions } from './timed-node.ts';

/** Hooks of one kind, and their part of the events. */
interface Kind {
  readonly name: string;
  readonly hooks: number;
  readonly part: number;
  readonly setup?: HookSetup;
}

/** A slow receiver with eight slots takes nine of them in a second. */
const SLOW_MS = 900;

export interface Mix {
  readonly kinds: readonly Kind[];
}

/** For 500 events per second: a third of the deliveries wait in the database, and are claimed from it. */
export const WAITING_MIX: Mix = {
  kinds: [
    { name: 'well', hooks: 10, part: 0.5 },
    { name: 'flaky', hooks: 5, part: 0.2 },
    { name: 'limited', hooks: 1, part: 0.2, setup: { rate_limit: { count: 80, per: 'second' } } },
    { name: 'slow', hooks: 4, part: 0.08 },
    { name: 'shared', hooks: 1, part: 0.02, setup: { tenant: '*' } },
  ],
};

/** For as many events as a node accepts: the limited and slow receivers keep up with about 6,000 per second. */
export const FAST_MIX: Mix = {
  kinds: [
    { name: 'well', hooks: 10, part: 0.829 },
    { name: 'flaky', hooks: 15, part: 0.15 },
    { name: 'limited', hooks: 1, part: 0.015, setup: { rate_limit: { count: 90, per: 'second' } } },
    { name: 'slow', hooks: 4, part: 0.005 },
    { name: 'shared', hooks: 1, part: 0.001, setup: { tenant: '*' } },
  ],
};

const TENANTS = 10;

/** A number below 100 that looks random and is the same for the same text. */
const percentOf = (text: string): number => {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + char.charCodeAt(0)) % 1_000_003;
  return sum % 100;
};

/** Flaky receivers answer the first request for a third of the events with 500, and every one for a fiftieth of them. */
const createAnswers = (): TimedNodeOptions['answerOf'] => {
  const failed = new Set<string>();
  return ({ url, headers }): ReceiverAnswer => {
    const { hostname } = new URL(url);
    if (hostname.startsWith('slow') || hostname.startsWith('shared'))
      return { status: 200, after_ms: SLOW_MS };
    if (!hostname.startsWith('flaky')) return { status: 200, after_ms: 5 };
    const id = headers['webhook-id'] ?? '';
    const percent = percentOf(id);
    if (percent < 2) return { status: 500, after_ms: 5 };
    if (percent >= 35 || failed.delete(id)) return { status: 200, after_ms: 5 };
    failed.add(id);
    return { status: 500, after_ms: 5 };
  };
};

/** The hooks and receivers of a mix. */
export const mixedReceivers = ({ kinds }: Mix) => {
  const hooks = kinds.flatMap(({ name, hooks: count, setup }) =>
    Array.from({ length: count }, (_, n) => ({
      url: `https://${name}-${n}.example.com/`,
      events: [`${name}.${n}`],
      ...setup,
    })),
  );
  return { hooks, answerOf: createAnswers(), retry_delays_ms: [0, 1_000, 2_000] };
};

/** The types of events in turn, each as often as its part. */
function* typesInTurn({ kinds }: Mix): Generator<{ readonly type: string; readonly tenant?: string }> {
  const owed = kinds.map((kind) => ({ ...kind, owed: 0, sent: 0 }));
  for (;;) {
    for (const kind of owed) kind.owed += kind.part;
    const next = owed.reduce((most, kind) => (kind.owed > most.owed ? kind : most));
    next.owed -= 1;
    next.sent += 1;
    const type = `${next.name}.${next.sent % next.hooks}`;
    yield next.name === 'shared' ? { type, tenant: `cus_${next.sent % TENANTS}` } : { type };
  }
}

/** The next event of a load. */
const createSend = (node: TimedNode, mix: Mix) => {
  const types = typesInTurn(mix);
  const counts = { accepted: 0, refused: 0 };
  const send = async (): Promise<void> => {
    const event = { ...types.next().value!, data: { n: counts.accepted, text: 'x'.repeat(200) } };
    try {
      await node.loop.accept.event(node.workspace_id, event);
      counts.accepted += 1;
    } catch {
      counts.refused += 1;
    }
  };
  return { counts: counts as Readonly<typeof counts>, send };
};

const TICK_MS = 10;

/** Sends events at a steady rate, whether or not earlier ones are accepted. */
export const startSteadyLoad = (
  node: TimedNode,
  { per_second, ...mix }: Mix & { readonly per_second: number },
) => {
  const { counts, send } = createSend(node, mix);
  const sending = new Set<Promise<void>>();
  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed = Math.min(owed + ((now - last) * per_second) / 1_000, per_second);
    last = now;
    for (; owed >= 1; owed -= 1) {
      const one = send().finally(() => sending.delete(one));
      sending.add(one);
    }
  }, TICK_MS);
  return {
    counts,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await Promise.all(sending);
    },
  };
};

const SENDERS = 256;

/** Sends events as fast as they are accepted. */
export const startFullLoad = (node: TimedNode, mix: Mix) => {
  const { counts, send } = createSend(node, mix);
  const over = new AbortController();
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) await send();
  };
  const running = Promise.all(Array.from({ length: SENDERS }, run));
  return {
    counts,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await running;
    },
  };
};
