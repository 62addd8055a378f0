import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '../../packages/server/src/core/json.ts';
import {
  commandOf,
  findProgram,
  type Found,
  freePort,
  python,
  pythonWithFlask,
  type RunningProgram,
  startProgram,
} from './programs.ts';

const require = createRequire(import.meta.url);

/** This Node, for a receiver with a package; to resolve the package proves that it is installed. */
const nodeWith = (_resolved: string): Found => ({ command: process.execPath });

/** The runtimes of the printed receivers on this machine. */
const runtimes = {
  python,
  flask: pythonWithFlask,
  php: findProgram(['php'], ['-v']),
  node: { command: process.execPath },
  express: nodeWith(require.resolve('express')),
} as const satisfies Record<string, Found>;

export interface PrintedReceiver {
  readonly name: string;
  readonly dialect: string;
  readonly runtime: keyof typeof runtimes;
  /** Below test/receivers. */
  readonly file: string;
  /** The document's print, below test/fixtures/documented-receivers/printed. */
  readonly print: string;
  /** The path of its URL. */
  readonly path: string;
  /** The variable with its secret; null if the secret is in the print. */
  readonly secret_variable: string | null;
  /** Its secret; null if it has none and refuses nothing. */
  readonly secret: string | null;
  /** The header without which it refuses. */
  readonly header: string;
  /** Its answer to a wrong signature and to a missing one; 'closed' if the connection ends without an answer. */
  readonly refusal: { readonly wrong: number; readonly absent: number | 'closed' };
  /** Its output for a handled event. */
  readonly writes?: RegExp;
  readonly event: { readonly type: string; readonly data: JsonObject };
}

/** Not only ASCII: a receiver that signs text in another encoding refuses it. */
const NOTE = 'marker-1 Zoë 世界 🎉';

const hex = 'f'.repeat(39);
const order = { type: 'order.created', data: { order: { id: 123, total: 499, note: NOTE } } };

const q2 = {
  dialect: 'q2',
  runtime: 'python',
  path: '/',
  header: 'X-Q2-Signature-256',
  event: { type: 'app-order-created', data: { order: { app_id: 42, app_slug: 'loans', note: NOTE } } },
} as const;

const resourceApi = {
  dialect: 'resource-api',
  path: '/webhooks',
  secret_variable: 'WEBHOOK_SECRET',
  secret: `${hex}a`,
  header: 'X-Webhook-Signature',
  refusal: { wrong: 401, absent: 500 },
  writes: /created res_xyz789/,
  event: {
    type: 'resource.created',
    data: { object: { id: 'res_xyz789', name: NOTE, status: 'active' } },
  },
} as const;

const connect2print = {
  dialect: 'connect2print',
  path: '/',
  secret_variable: 'WEBHOOK_SECRET',
  secret: `${hex}b`,
  header: 'X-Webhook-Signature',
  refusal: { wrong: 401, absent: 500 },
  event: order,
} as const;

const casesolved = {
  dialect: 'casesolved',
  runtime: 'flask',
  path: '/webhook',
  secret_variable: null,
  header: 'X-Webhook-Secret',
  writes: /Event: Site Plan Change\nData: \{'site': \{'note': 'marker-1/,
  event: { type: 'Site Plan Change', data: { site: { note: NOTE } } },
} as const;

/** Every receiver that one of the documents prints. */
export const printedReceivers: readonly PrintedReceiver[] = [
  {
    ...q2,
    name: 'q2, the first server (Python)',
    file: 'q2/first_server.py',
    print: 'q2-first-server.txt',
    secret_variable: null,
    secret: null,
    refusal: { wrong: 200, absent: 200 },
    writes: /X-Q2-Event: app-order-created[^]*Body:\n\{"hook_id":\d+,"hook":\{[^]*marker-1/,
  },
  {
    ...q2,
    name: 'q2, the server that validates (Python)',
    file: 'q2/server.py',
    print: 'q2-server.txt',
    secret_variable: 'WEBHOOK_SECRET',
    secret: `${hex}c`,
    refusal: { wrong: 401, absent: 'closed' },
  },
  {
    ...resourceApi,
    name: 'resource-api (Flask)',
    runtime: 'flask',
    file: 'resource-api/app.py',
    print: 'resource-api-flask.txt',
  },
  {
    ...resourceApi,
    name: 'resource-api (Express)',
    runtime: 'express',
    file: 'resource-api/express.cjs',
    print: 'resource-api-express.txt',
  },
  {
    ...connect2print,
    name: 'connect2print (PHP)',
    runtime: 'php',
    file: 'connect2print/receiver.php',
    print: 'connect2print-php.txt',
    secret_variable: null,
    secret: 'your_webhook_secret',
  },
  {
    ...connect2print,
    name: 'connect2print (Node)',
    runtime: 'node',
    file: 'connect2print/node.cjs',
    print: 'connect2print-node.txt',
  },
  {
    ...connect2print,
    name: 'connect2print (Python)',
    runtime: 'python',
    file: 'connect2print/server.py',
    print: 'connect2print-python.txt',
    refusal: { wrong: 401, absent: 'closed' },
  },
  {
    name: 'activities (PHP)',
    dialect: 'activities',
    runtime: 'php',
    file: 'activities/receiver.php',
    print: 'activities-php.txt',
    path: '/',
    secret_variable: 'SECRET_KEY',
    secret: `${hex}d`,
    header: 'X-Signature',
    refusal: { wrong: 500, absent: 500 },
    event: order,
  },
  {
    ...casesolved,
    name: 'casesolved, the first app (Flask)',
    file: 'casesolved/first_app.py',
    print: 'casesolved-first-server.txt',
    secret: null,
    refusal: { wrong: 200, absent: 200 },
  },
  {
    ...casesolved,
    name: 'casesolved, the app with a secret (Flask)',
    file: 'casesolved/app.py',
    print: 'casesolved-server.txt',
    secret: 'super-secret-key',
    refusal: { wrong: 401, absent: 401 },
  },
];

const folder = new URL('../fixtures/documented-receivers/', import.meta.url);

/** The code between the two marks of a receiver's file, and its print in the document. */
export const textsOf = ({
  file,
  print,
}: PrintedReceiver): { readonly ours: string; readonly print: string } => {
  const whole = readFileSync(new URL(file, folder), 'utf8');
  const [, ours] =
    /^(?:#|\/\/) --- printed ---\n([^]*?)\n(?:#|\/\/) --- end of print ---$/m.exec(whole) ?? [];
  if (ours === undefined) throw new Error(`${file} does not mark the print`);
  return { ours, print: printed(print) };
};

/** One of the copied prints. */
export const printed = (name: string): string => readFileSync(new URL(`printed/${name}`, folder), 'utf8');

export const runtimeOf = ({ runtime }: PrintedReceiver): Found => runtimes[runtime];

const argumentsOf = (runtime: keyof typeof runtimes, file: string, port: number): readonly string[] => {
  switch (runtime) {
    // As on every public host, a PHP error must not be a 200 with a text.
    case 'php':
      return ['-d', 'display_errors=0', '-S', `127.0.0.1:${port}`, file];
    case 'flask':
      return ['-m', 'flask', '--app', file, 'run', '--port', String(port)];
    case 'python':
    case 'node':
    case 'express':
      return [file, String(port)];
  }
};

export interface RunningReceiver extends RunningProgram {
  readonly port: number;
}

/** Starts a printed receiver as its readers would. */
export const startPrinted = async (receiver: PrintedReceiver): Promise<RunningReceiver> => {
  const port = await freePort();
  const { secret, secret_variable } = receiver;
  const program = await startProgram({
    command: commandOf(runtimeOf(receiver)),
    args: argumentsOf(receiver.runtime, fileURLToPath(new URL(receiver.file, folder)), port),
    env: {
      PORT: String(port),
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      ...(secret_variable === null || secret === null ? {} : { [secret_variable]: secret }),
    },
    port,
  });
  return { ...program, port };
};
