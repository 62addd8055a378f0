import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent } from 'undici';
import { portOf } from './port-of.ts';

// The program of a tenant that uses everything that its API key allows against the others. The test starts it as a
// process of its own, with IPC: it answers `go` by attacking, and `end` with what the server has acknowledged. It says when
// the first event of the attack is acknowledged.

export interface HostilePlan {
  readonly url: string;
  /** A key with the scope `workspace`. */
  readonly key: string;
  readonly hooks: number;
}

export interface HostileReport {
  /** The acknowledged events with the number of their deliveries. */
  readonly acked: readonly (readonly [id: string, deliveries: number])[];
  /** How often each attack was answered with each status. */
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The latencies of small events; those without a response at the end with the time until then. */
  readonly small_ms: readonly number[];
}

const DRIP_MS = 200;
const IDLE_CONNECTIONS = 500;
const SLOW_UPLOADS = 100;
const STREAMS = 4;
const BIG = 'x'.repeat(850_000);

const drip = (response: ServerResponse, piece: () => void, every_ms = DRIP_MS): void => {
  const timer = setInterval(piece, every_ms);
  response.on('close', () => clearInterval(timer));
};

/** The receivers of the hooks, by the first part of their path. */
const BEHAVIOURS: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  hang: (request) => void request.resume(),
  drip: (request, response) => {
    request.resume();
    response.writeHead(200);
    drip(response, () => response.write('x'));
  },
  interim: (request, response) => {
    request.resume();
    drip(response, () => response.socket?.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), 10);
  },
  echo: (request, response) => void request.pipe(response.writeHead(500)),
  pour: (request, response) => {
    request.resume();
    const piece = Buffer.alloc(65_536, 'x');
    const pour = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', pour);
    pour();
  },
  fail: (request, response) => {
    request.resume();
    response.writeHead(500, { 'retry-after': '1' }).end('x'.repeat(10_000));
  },
  reset: (request) => request.socket.resetAndDestroy(),
  well: (request, response) => {
    request.resume();
    response.end();
  },
};

const startReceivers = async (): Promise<string> => {
  const server = createServer((request, response) => {
    const [, name = ''] = (request.url ?? '').split('/');
    request.on('error', () => {});
    response.on('error', () => {});
    BEHAVIOURS[name]?.(request, response);
  });
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  return `http://127.0.0.1:${portOf(server)}`;
};

const level = (next: string) => ({ allOf: Array.from({ length: 20 }, () => ({ $ref: `#/$defs/${next}` })) });

/** Types whose events take long to check. */
const HOSTILE: Readonly<Record<string, readonly [schema: object, data: object]>> = {
  backtracking: [{ properties: { a: { pattern: '^(a|a)*$' } } }, { a: `${'a'.repeat(60)}!` }],
  references: [
    {
      properties: { a: { $ref: '#/$defs/x' } },
      $defs: { x: level('y'), y: level('z'), z: level('p'), p: { pattern: '^(?:a|b)*$' } },
    },
    { a: 'ab'.repeat(400_000) },
  ],
};

/** Text of many small values, which takes longer to parse and to check than one long string. */
const nested = { rows: Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'abc', is: true })) };

interface Input {
  readonly body?: object;
  readonly key?: string;
}

const EMPTY: Input = { body: {} };

class HostileTenant {
  readonly #plan: HostilePlan;
  readonly #agent = new Agent({ connections: 256, pipelining: 1 });
  readonly #hook_ids: string[] = [];
  readonly #acked: (readonly [string, number])[] = [];
  readonly #answers: Record<string, Record<string, number>> = {};
  readonly #sockets: Socket[] = [];
  readonly #small_ms: number[] = [];
  /** When the small events without a response were sent. */
  readonly #small_sent = new Set<number>();
  #delivery_ids: readonly string[] = [];
  #is_over = false;

  constructor(plan: HostilePlan) {
    this.#plan = plan;
  }

  async prepare(): Promise<void> {
    const receivers = await startReceivers();
    for (const [name, [schema]] of Object.entries(HOSTILE))
      await this.#call('prepare', `PUT /v1/event-types/${name}`, { body: { schema } });
    const names = Object.keys(BEHAVIOURS);
    let nth = 0;
    const create = async (): Promise<void> => {
      while (nth < this.#plan.hooks) {
        nth += 1;
        const url = `${receivers}/${names[nth % names.length]}/${nth}`;
        const body = await this.#call('prepare', 'POST /v1/webhooks', { body: { url, events: ['*'] } });
        if (body.id === undefined) throw new Error(`no hook was created: ${JSON.stringify(body)}`);
        this.#hook_ids.push(body.id);
      }
    };
    await Promise.all(Array.from({ length: 16 }, create));
  }

  attack(): void {
    const some = (): string => this.#hook_ids[Math.floor(Math.random() * this.#hook_ids.length)]!;
    const data = { n: 1, text: 'x'.repeat(200) };
    const send = (event: object) => this.#call('send', 'POST /v1/events', { body: event });
    const get = (path: string) => this.#call(path.split('?')[0]!.slice(4), `GET ${path}`);

    this.#repeat(8, 0, () => send({ type: 'fan', data }));
    this.#repeat(16, 0, () => this.#timed(() => send({ type: 'one', data, hook_ids: [some()] })));
    this.#repeat(4, 0, () => send({ type: 'big', data: { big: BIG }, hook_ids: [some(), some()] }));
    this.#repeat(4, 0, () => send({ type: 'nested', data: nested, hook_ids: [some()] }));
    this.#repeat(2, 0, () => send({ type: 'big', data: { big: BIG } }));
    this.#repeat(4, 0, () => this.#batch(some));
    for (const [type, [, hostile]] of Object.entries(HOSTILE))
      this.#repeat(4, 50, () => send({ type, data: hostile, hook_ids: [some()] }));
    this.#repeat(6, 0, () => get('/v1/events?include=data&limit=1000'));
    this.#repeat(2, 0, () => get('/v1/webhooks?limit=1000'));
    this.#repeat(2, 0, () => get('/v1/stats'));
    this.#repeat(4, 0, async () => {
      const { data: page = [] } = await get('/v1/deliveries?limit=1000');
      this.#delivery_ids = (page as { readonly id: string }[]).map(({ id }) => id);
    });
    this.#repeat(8, 0, async () => {
      const id = this.#delivery_ids[Math.floor(Math.random() * this.#delivery_ids.length)];
      if (id === undefined) return wait(100);
      await this.#call('retry', `POST /v1/deliveries/${id}/retry`, EMPTY);
      await this.#call('attempts', `GET /v1/deliveries/${id}/attempts`);
    });
    this.#repeat(2, 10, () =>
      this.#call('tenant', `POST /v1/tenants/t${Math.floor(Math.random() * 1e6)}/portal-sessions`, EMPTY),
    );
    this.#repeat(1, 500, () =>
      this.#call('recovery', 'POST /v1/recoveries', { body: { since: new Date(Date.now() - 3_600_000) } }),
    );
    this.#repeat(2, 10, () =>
      this.#call('hook', `PATCH /v1/webhooks/${some()}`, { body: { events: ['*'] } }),
    );
    this.#repeat(4, 0, () => this.#call('ping', `POST /v1/webhooks/${some()}/ping`, EMPTY));
    this.#repeat(4, 0, () =>
      this.#call('unknown key', 'POST /v1/events', { body: { data: BIG }, key: 'bw_unknown' }),
    );
    this.#repeat(4, 0, () => this.#call('inbox', 'POST /inbox/flood', { body: { type: 'a', data: BIG } }));
    this.#holdConnections();
  }

  async end(): Promise<HostileReport> {
    this.#is_over = true;
    for (const socket of this.#sockets) socket.destroy();
    const waiting_ms = [...this.#small_sent].map((at) => performance.now() - at);
    await this.#agent.destroy();
    return { acked: this.#acked, answers: this.#answers, small_ms: [...this.#small_ms, ...waiting_ms] };
  }

  async #timed(send: () => Promise<unknown>): Promise<void> {
    const at = performance.now();
    this.#small_sent.add(at);
    try {
      await send();
      this.#small_ms.push(performance.now() - at);
    } finally {
      this.#small_sent.delete(at);
    }
  }

  #acknowledged(id: string, deliveries: number): void {
    if (this.#acked.length === 0) process.send?.('attacking');
    this.#acked.push([id, deliveries]);
  }

  /** 300 events in a call; every third has invalid data. */
  async #batch(some: () => string): Promise<void> {
    const events = Array.from({ length: 300 }, (_, n) =>
      n % 3 === 0
        ? { type: 7, data: [], hook_ids: { a: 1 }, unknown: n }
        : { type: 'batch', data: { n }, hook_ids: [some()] },
    );
    const { results = [] } = await this.#call('batch', 'POST /v1/events/batch', { body: { events } });
    for (const { event } of results as { readonly event?: { readonly id: string; deliveries: number } }[])
      if (event !== undefined) this.#acknowledged(event.id, event.deliveries);
  }

  #repeat(loops: number, pause_ms: number, one: () => Promise<unknown>): void {
    const run = async (): Promise<void> => {
      while (!this.#is_over) {
        await one().catch(() => wait(20));
        if (pause_ms > 0) await wait(pause_ms);
      }
    };
    for (let nth = 0; nth < loops; nth += 1) void run();
  }

  /** Calls `METHOD /path`. */
  // oxlint-disable-next-line typescript/no-explicit-any -- reads whatever the API answers.
  async #call(name: string, call: string, { body, key = this.#plan.key }: Input = {}): Promise<any> {
    const [method = '', path = ''] = call.split(' ');
    const counts = (this.#answers[name] ??= {});
    try {
      const response = await this.#agent.request({
        origin: this.#plan.url,
        path,
        method,
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      counts[response.statusCode] = (counts[response.statusCode] ?? 0) + 1;
      // Reading the large pages would cost this process more than the server.
      const answer = text.length > 1_000_000 ? {} : JSON.parse(text === '' ? '{}' : text);
      if (response.statusCode === 202 && answer.deliveries !== undefined)
        this.#acknowledged(answer.id, answer.deliveries);
      return answer;
    } catch (error) {
      counts['error'] = (counts['error'] ?? 0) + 1;
      throw error;
    }
  }

  #holdConnections(): void {
    const { url, key } = this.#plan;
    const { port, host } = new URL(url);
    const hold = (first: string, piece = ''): void => {
      if (this.#is_over) return;
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(first));
      const timer = setInterval(() => socket.write(piece), 1_000);
      socket.resume();
      socket.on('error', () => {});
      // The server closes what takes too long.
      socket.on('close', () => {
        clearInterval(timer);
        setTimeout(() => hold(first, piece), 100);
      });
      this.#sockets.push(socket);
    };
    const head = (call: string, more = ''): string =>
      `${call} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\n${more}\r\n`;
    const upload = head('POST /v1/events', 'content-type: application/json\r\ncontent-length: 900000\r\n');
    const unauthenticated = upload.replace(key, 'bw_unknown');
    for (let nth = 0; nth < IDLE_CONNECTIONS; nth += 1) hold('');
    for (let nth = 0; nth < SLOW_UPLOADS; nth += 1) hold(nth % 2 === 0 ? upload : unauthenticated, ' ');
    for (let nth = 0; nth < STREAMS; nth += 1) hold(head('GET /v1/stream'));
  }
}

let tenant: HostileTenant | null = null;

const handle = async (message: HostilePlan | 'go' | 'end'): Promise<void> => {
  if (message === 'go') tenant?.attack();
  else if (message === 'end')
    process.send?.((await tenant?.end()) ?? null, undefined, undefined, () => process.exit());
  else {
    tenant = new HostileTenant(message);
    await tenant.prepare();
    process.send?.('ready');
  }
};

process.on('message', (message: HostilePlan | 'go' | 'end') => void handle(message));
process.once('disconnect', () => process.exit());
