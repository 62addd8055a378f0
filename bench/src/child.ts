import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A child process of the benchmark. Disposing the resource ends it. */
export interface Child<Hello> extends AsyncDisposable {
  readonly hello: Hello;
  readonly process: ChildProcess;
  /** Sends a message and awaits the next reply. */
  readonly ask: <T>(message: string) => Promise<T>;
}

interface ChildOptions {
  readonly node_args?: readonly string[];
  readonly cwd?: string;
}

/** Starts a TypeScript file of this folder and awaits its first message. @throws Error if it exits before */
export const startChild = async <Hello>(
  file: string,
  args: readonly string[] = [],
  { node_args = [], cwd = process.cwd() }: ChildOptions = {},
): Promise<Child<Hello>> => {
  const child = fork(new URL(file, import.meta.url), args, { execArgv: [...node_args], cwd });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} exited with ${code} before it was ready`);
  });
  const [hello] = (await Promise.race([once(child, 'message'), failed])) as [Hello];
  // It exits later, when it is disposed of.
  failed.catch(() => undefined);
  return {
    hello,
    process: child,
    ask: async <T>(message: string) => {
      const reply = once(child, 'message') as Promise<[T]>;
      child.send(message);
      const [response] = await reply;
      return response;
    },
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
};
