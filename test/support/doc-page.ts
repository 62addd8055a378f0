import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs node in a folder, with PATH and `env` as its environment. Throws when it fails. */
export const runNode = (
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
) => run(process.execPath, args, { cwd, env: { PATH: process.env['PATH'], ...env } });

/** A page of the documentation. */
export interface DocPage {
  readonly text: string;
  /** The code blocks of a language, in order. */
  readonly blocks: (language: string) => readonly string[];
  /** The cells, without backticks, of the table whose first column has this head. */
  readonly rows: (head: string) => readonly (readonly string[])[];
}

export const readDocPage = (path: string): DocPage =>
  pageOf(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));

/** A page with this text in Markdown. */
export const pageOf = (text: string): DocPage => {
  return {
    text,
    blocks: (language) =>
      [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
        ([, block = '']) => block,
      ),
    rows: (head) => {
      const lines = text.split('\n');
      const first = lines.findIndex((line) => line.startsWith(`| ${head} `));
      const length = lines.slice(first).findIndex((line) => !line.startsWith('|'));
      return lines.slice(first + 2, first + length).map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll('`', '')),
      );
    },
  };
};

export interface ShellOptions {
  /** Replaces the default address of Bellwire. */
  readonly url: string;
  /** Replaces the address of the customer. */
  readonly receiver: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a command of a page in bash and parses the JSON that it prints. Throws when it fails. */
export const runShell = async (
  command: string,
  { url, receiver, env }: ShellOptions,
): Promise<Readonly<Record<string, unknown>>> => {
  const adapted = command
    .replaceAll('http://127.0.0.1:4400', url)
    .replaceAll('https://your-app.com/webhooks', receiver)
    .replaceAll('curl -s ', 'curl -s --fail-with-body ');
  const { PATH = '' } = process.env;
  const { stdout } = await run('bash', ['-ceu', adapted], { env: { PATH, ...env } });
  return JSON.parse(stdout) as Record<string, unknown>;
};

/** The single commands of a shell block. */
export const commandsOf = (block: string): readonly string[] =>
  block
    .split('\n\n')
    .map((command) => command.trim())
    .filter((command) => command !== '');
