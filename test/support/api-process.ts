import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ApiProcessOptions {
  /** The working directory, which contains the program. */
  readonly cwd: string;
  /** The arguments of node. */
  readonly args: readonly string[];
  /** Added to PATH; no other variable is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/** An example API as its own process. Disposing kills it and waits for its end. */
export interface ApiProcess extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** What it has written to stderr. */
  readonly stderr: () => string;
}

/** Starts a program that prints the address on which it listens as JSON. `PORT` is 0. */
export const startApiProcess = async ({ cwd, args, env }: ApiProcessOptions): Promise<ApiProcess> => {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const kill = (): void => void child.kill('SIGKILL');
  // A test that exceeds its timeout disposes of nothing.
  process.once('exit', kill);
  const closed = once(child, 'close').finally(() => process.off('exit', kill));
  const printed = once(child.stdout, 'data').then(([text]: Buffer[]) => String(text));
  const address = await Promise.race([printed, closed.then(() => null)]);
  if (address === null) throw new Error(`node ${args.join(' ')} ended:\n${stderr}`);
  const { port } = JSON.parse(address) as { readonly port: number };
  return {
    origin: `http://127.0.0.1:${port}`,
    stderr: () => stderr,
    [Symbol.asyncDispose]: async () => {
      kill();
      await closed;
    },
  };
};
