import { EXIT } from './command-error.ts';

/** What a command gets from where it is started; a test hands in its own. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly folder: string;
  readonly write: (text: string) => void;
  readonly complain: (text: string) => void;
  /** All of standard input. */
  readonly read: () => Promise<string>;
  /** Columns of the terminal that is written to; null where it is a file or a pipe. */
  readonly width: number | null;
  readonly colours: boolean;
  /** Aborted when nobody reads any more what is written, as in `bellwire … | head -1`. */
  readonly unread: AbortSignal;
}

const readAll = async (): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** A pipe that is closed is no error: its reader has seen enough. A full disk is one. */
const watchPipes = (): AbortSignal => {
  const unread = new AbortController();
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    if (code === 'EPIPE') {
      unread.abort();
      return;
    }
    process.stderr.write(`bellwire: What it says cannot be written (${code}).\n`);
    process.exit(EXIT.refused);
  };
  process.stdout.on('error', onError);
  // Nobody can be told that nobody can be told.
  process.stderr.on('error', () => {});
  return unread.signal;
};

/** The shell that this process was started from. */
export const shellOfProcess = (): Shell => {
  const { stdout, stderr } = process;
  return {
    env: process.env,
    folder: process.cwd(),
    write: (text) => void stdout.write(text),
    complain: (text) => void stderr.write(text),
    read: readAll,
    width: stdout.isTTY ? stdout.columns : null,
    colours: stdout.isTTY && stdout.hasColors(),
    unread: watchPipes(),
  };
};
