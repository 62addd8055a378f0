import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A page of the documentation and its parts. */
export interface DocPage {
  readonly text: string;
  /** The code blocks of a language, in order. */
  readonly blocks: (language: string) => readonly string[];
  /** The cells of the table whose first column has this heading. */
  readonly rows: (head: string) => readonly (readonly string[])[];
}

export const readDocPage = (path: string): DocPage => {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
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
          .map((cell) => cell.trim()),
      );
    },
  };
};

export interface ShellOptions {
  /** Replaces the default URL of the server. */
  readonly url: string;
  /** Replaces the URL of the customer's receiver. */
  readonly receiver: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Runs one command of a page in bash and parses the JSON that it prints. @throws Error if the command fails */
export const runShell = async (
  command: string,
  { url, receiver, env }: ShellOptions,
): Promise<Readonly<Record<string, unknown>>> => {
  const runnable = command
    .replaceAll('http://127.0.0.1:4400', url)
    .replaceAll('https://your-app.com/webhooks', receiver)
    .replaceAll('curl -s ', 'curl -s --fail-with-body ');
  const { PATH = '' } = process.env;
  const { stdout } = await run('bash', ['-ceu', runnable], { env: { PATH, ...env } });
  return JSON.parse(stdout) as Record<string, unknown>;
};

/** The single commands of a shell block. */
export const commandsOf = (block: string): readonly string[] =>
  block
    .split('\n\n')
    .map((command) => command.trim())
    .filter((command) => command !== '');
