import { run } from '../../packages/cli/src/run.ts';
import type { Shell } from '../../packages/cli/src/frame/shell.ts';
import { ADMIN_KEY, type RunningServer } from './running-server.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder; that of the server's data when absent. */
  readonly folder?: string;
  /** The text of standard input. */
  readonly input?: string;
  /** Columns of the terminal that it writes to; a pipe when absent. */
  readonly width?: number;
  readonly colours?: boolean;
  /** Aborted when the reader has closed the pipe. */
  readonly unread?: AbortSignal;
  /** Called with what is written, as soon as it is. */
  readonly onWrite?: (text: string) => void;
}

export interface CommandLine {
  /** Runs one command in this process and answers how it ended. */
  readonly bellwire: (args: readonly string[], options?: CommandOptions) => Promise<Ended>;
  /** The same with `--json`, which must end well with nothing on standard error: what it printed. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever the API answers.
  readonly json: (...args: readonly string[]) => Promise<any>;
}

/** Runs one command in this process, in a shell of its own. */
export const runCommand = async (
  args: readonly string[],
  { env = {}, folder = '/', input = '', onWrite, ...options }: CommandOptions = {},
): Promise<Ended> => {
  let stdout = '';
  let stderr = '';
  const shell: Shell = {
    env,
    folder,
    read: () => Promise.resolve(input),
    write: (text) => {
      stdout += text;
      onWrite?.(text);
    },
    writeError: (text) => void (stderr += text),
    width: options.width ?? null,
    colours: options.colours ?? false,
    unread: options.unread ?? new AbortController().signal,
  };
  const code = await run(args, shell);
  return { code, stdout, stderr };
};

/** The command line of an admin of a server. */
export const commandLineOf = ({ origin, folder }: RunningServer): CommandLine => {
  const bellwire: CommandLine['bellwire'] = (args, options = {}) =>
    runCommand(args, {
      folder,
      ...options,
      env: { BELLWIRE_URL: origin, BELLWIRE_API_KEY: ADMIN_KEY, ...options.env },
    });
  return {
    bellwire,
    json: async (...args) => {
      const { code, stdout, stderr } = await bellwire([...args, '--json']);
      if (code !== 0 || stderr !== '') throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
      return stdout === '' ? null : JSON.parse(stdout);
    },
  };
};
