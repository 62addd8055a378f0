import { resolve } from 'node:path';
import { EXIT } from './command-error.ts';

/** The environment of a command. Tests pass their own. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly folder: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** All of standard input. */
  readonly read: () => Promise<string>;
  /** Columns of the terminal; null if standard output is a file or a pipe. */
  readonly width: number | null;
  readonly colours: boolean;
  /** Aborted when the reader of standard output has closed the pipe, as in `bellwire … | head -1`. */
  readonly unread: AbortSignal;
}

/** A database URL whose path, if it is a file, begins in the working folder. */
export const inFolder = ({ folder }: Shell, url: string): string =>
  url.startsWith('file:') ? `file:${resolve(folder, url.slice('file:'.length))}` : url;

const readAll = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** A closed pipe is not an error: its reader has finished. A full disk is. */
const watchPipes = (): AbortSignal => {
  const unread = new AbortController();
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    if (code === 'EPIPE') {
      unread.abort();
      return;
    }
    process.stderr.write(`bellwire: The output cannot be written (${code}).\n`);
    process.exit(EXIT.refused);
  };
  process.stdout.on('error', onError);
  // An error on standard error cannot be reported.
  process.stderr.on('error', () => {});
  return unread.signal;
};

/** The shell of this process. */
export const shellOfProcess = (): Shell => {
  const { stdout, stderr } = process;
  return {
    env: process.env,
    folder: process.cwd(),
    write: (text) => void stdout.write(text),
    writeError: (text) => void stderr.write(text),
    read: readAll,
    width: stdout.isTTY ? stdout.columns : null,
    colours: stdout.isTTY && stdout.hasColors(),
    unread: watchPipes(),
  };
};
