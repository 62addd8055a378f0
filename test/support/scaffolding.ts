import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packPackage } from './pack.ts';
import { commandOf, freePort, pythonWithFlask, type RunningProgram, startProgram } from './programs.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts';

const run = promisify(execFile);

export type Template = 'express' | 'flask';

interface Created {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Scaffolder {
  /** The packed package. */
  readonly tarball: string;
  /** Runs its program with Node alone, as `pnpm create` does once it has it. */
  readonly create: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Created>;
}

/** Packs create-bellwire and unpacks it in a folder outside the repository. */
const packScaffolder = async (folder: TemporaryFolder): Promise<Scaffolder> => {
  const tarball = await packPackage('create-bellwire');
  spawnSync('tar', ['-xzf', tarball, '-C', folder.path]);
  const { PATH = '', HOME = '' } = process.env;
  return {
    tarball,
    create: async (args, env = {}) => {
      const options = { cwd: folder.path, env: { PATH, HOME, ...env } };
      const program = [folder.file('package/dist/main.js'), ...args];
      try {
        return { status: 0, ...(await run(process.execPath, program, options)) };
      } catch (error) {
        const { code: status, stdout, stderr } = error as Omit<Created, 'status'> & { readonly code: number };
        return { status, stdout, stderr };
      }
    },
  };
};

export interface Scaffolding extends AsyncDisposable {
  readonly scaffolder: Scaffolder;
  /** A folder outside the repository that holds all scaffolded receivers. */
  readonly outside: TemporaryFolder;
  readonly server: RunningServer;
  /** Scaffolds a receiver without prompts. Returns its folder. */
  readonly scaffold: (name: string, ...args: readonly string[]) => Promise<string>;
}

/** Packs the scaffolder into a temporary folder and starts a server to receive from. */
export const startScaffolding = async (): Promise<Scaffolding> => {
  const outside = await createTemporaryFolder();
  const scaffolder = await packScaffolder(outside);
  const server = await startServer();
  return {
    scaffolder,
    outside,
    server,
    scaffold: async (name, ...args) => {
      const { status, stderr } = await scaffolder.create([name, '--yes', ...args]);
      if (status !== 0 || stderr !== '') throw new Error(`${name} was not scaffolded: ${stderr}`);
      return outside.file(name);
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await outside[Symbol.asyncDispose]();
    },
  };
};

/** Handlers for tests: they append each id to a file, and wait while the hold file exists. */
const HANDLERS: Readonly<Record<Template, { readonly file: string; readonly text: string }>> = {
  express: {
    file: 'src/handlers.ts',
    text: `import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Handlers, Received } from './handling.ts';
export const handlers: Handlers = {};
export const otherwise = async ({ id, type }: Received): Promise<void> => {
  while (existsSync('hold')) await setTimeout(10);
  appendFileSync('handled', \`\${id} \${type}\\n\`);
};
`,
  },
  flask: {
    file: 'receiver/handlers.py',
    text: `import os, time
HANDLERS = {}
def otherwise(event):
    while os.path.exists("hold"):
        time.sleep(0.01)
    with open("handled", "a") as file:
        file.write(f"{event.id} {event.type}\\n")
`,
  },
};

export interface ScaffoldedReceiver {
  readonly folder: string;
  readonly start: () => Promise<RunningProgram & { readonly port: number }>;
  /** Handlers that start from now on wait until `release`. */
  readonly hold: () => void;
  readonly release: () => void;
  /** The handled events: one line each with id and type. */
  readonly handled: () => readonly string[];
}

/** Prepares a scaffolded and installed receiver for a test: its handlers record events and can be held. */
export const watchReceiver = async (
  folder: string,
  template: Template,
  env: Readonly<Record<string, string>>,
): Promise<ScaffoldedReceiver> => {
  const { file, text } = HANDLERS[template];
  writeFileSync(join(folder, file), text);
  const [hold, handled] = ['hold', 'handled'].map((name) => join(folder, name)) as [string, string];
  const port = await freePort();
  const [command, args] =
    template === 'express'
      ? [process.execPath, ['src/main.ts']]
      : [commandOf(pythonWithFlask), ['-m', 'receiver']];
  return {
    folder,
    start: async () => {
      const settings = { HOST: '127.0.0.1', PORT: String(port), PYTHONDONTWRITEBYTECODE: '1', ...env };
      return { ...(await startProgram({ command, args, env: settings, port, cwd: folder })), port };
    },
    hold: () => writeFileSync(hold, ''),
    release: () => rmSync(hold, { force: true }),
    handled: () => (existsSync(handled) ? readFileSync(handled, 'utf8').trim().split('\n') : []),
  };
};
