import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { Environment } from '../../src/settings.ts';
import { createLogLines } from './log-lines.ts';
import { requestOf, SECRET, send } from './senders.ts';

const root = join(import.meta.dirname, '../..');

const start = (t: TestContext, program: readonly string[], environment: Environment): ChildProcess => {
  // Nothing of the environment of whoever runs the tests.
  const env = { PATH: process.env['PATH'], ...environment };
  const child = spawn(process.execPath, program, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
};

const textOf = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
  let text = '';
  if (stream !== null) for await (const chunk of stream) text += String(chunk);
  return text;
};

/** Runs one of the template's programs to its end, which must come within twenty seconds. */
export const runToEnd = async (t: TestContext, program: readonly string[], environment: Environment) => {
  const child = start(t, program, environment);
  const impatience = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  clearTimeout(impatience);
  return { code: code as number | null, stdout, stderr };
};

/** A receiver in a process of its own, listening. */
export const startReceiverProcess = async (t: TestContext, folder: string, environment: Environment = {}) => {
  const child = start(t, ['test/support/program.ts'], {
    WEBHOOK_SECRET: SECRET,
    HOST: '127.0.0.1',
    PORT: '0',
    INBOX_PATH: join(folder, 'inbox.db'),
    ...environment,
  });
  const log = createLogLines();
  if (child.stdout !== null) createInterface(child.stdout).on('line', log.add);
  // Its last lines come after its exit.
  const closed = once(child, 'close');
  const port = Number((await log.until('listening'))['port']);
  return {
    port,
    log,
    deliver: (id: string, type: string) => send(port, requestOf('standard', { id, type, data: {} })),
    /** Nobody reads its log any more. */
    loseLog: () => child.stdout?.destroy(),
    /** Fulfilled when it has ended by itself. */
    ended: closed,
    /** Sends a signal and answers the exit code once it has ended. */
    end: async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      const [code] = (await closed) as [number | null];
      return code;
    },
  };
};
