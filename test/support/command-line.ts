import { run } from '../../packages/cli/src/run.ts';
import type { Shell } from '../../packages/cli/src/frame/shell.ts';
import { test } from 'vitest';
import {
  ADMIN_KEY,
  keepForFile,
  type ServerOptions,
  type ServerView,
  startServer,
} from './running-server.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The working folder. Default: that of the server's data. */
  readonly folder?: string;
  /** The text on standard input. */
  readonly input?: string;
  /** Columns of the terminal. Default: the output is a pipe. */
  readonly width?: number;
  readonly colours?: boolean;
  /** Aborted when the reader of the output closes it. */
  readonly unread?: AbortSignal;
  /** Called with each text when it is written. */
  readonly onWrite?: (text: string) => void;
}

export interface CommandLine {
  /** Runs one command in this process. */
  readonly bellwire: (args: readonly string[], options?: CommandOptions) => Promise<Ended>;
  /** The JSON that a command prints with `--json`. It must succeed and write nothing to standard error. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read whatever the API answers.
  readonly json: (...args: readonly string[]) => Promise<any>;
}

/** Runs one command in this process, in a new shell. */
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

/** The command line of an admin, in the workspace of the view. */
export const commandLineOf = ({ origin, folder, workspace }: ServerView): CommandLine => {
  const bellwire: CommandLine['bellwire'] = (args, options = {}) =>
    runCommand(args, {
      folder,
      ...options,
      env: {
        BELLWIRE_URL: origin,
        BELLWIRE_API_KEY: ADMIN_KEY,
        ...(workspace === null ? {} : { BELLWIRE_WORKSPACE: workspace }),
        ...options.env,
      },
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

/** A test with an admin's command line, in a new workspace of a server that the file shares. */
export const commandLineTest = async (options: ServerOptions = {}) => {
  const shared = await keepForFile(startServer(options));
  return test.extend<CommandLine & { readonly server: ServerView }>({
    // oxlint-disable-next-line no-empty-pattern -- vitest reads the names of fixtures from the pattern.
    server: async ({}, use) => use(await shared.newWorkspace()),
    bellwire: ({ server }, use) => use(commandLineOf(server).bellwire),
    json: ({ server }, use) => use(commandLineOf(server).json),
  });
};
