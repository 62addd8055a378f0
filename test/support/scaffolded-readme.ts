import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type DialectName, receiverDialects } from '@bellwire/verify';
import { pageOf } from './doc-page.ts';
import { commandOf, python, type RunningProgram, startProgram } from './programs.ts';
import type { Template } from './scaffolding.ts';

const run = promisify(execFile);

const dialects = Object.keys(receiverDialects) as DialectName[];
const templates: readonly Template[] = ['express', 'flask'];

/** Every receiver that the scaffolder can create. */
export const everyReceiver: readonly (readonly [Template, DialectName])[] = templates.flatMap((template) =>
  dialects.map((dialect) => [template, dialect] as const),
);

const hasPnpm = spawnSync('pnpm', ['--version'], { stdio: 'ignore' }).status === 0;

/**
 * The environment of a user with this Node, pnpm, and packages at hand: pnpm prefers its store, and pip uses files that are
 * downloaded once into the folder.
 */
export const createUserEnvironment = (folder: string): Readonly<Record<string, string>> => {
  const [programs, wheels] = [join(folder, 'programs'), join(folder, 'wheels')];
  mkdirSync(programs);
  if (!hasPnpm) {
    writeFileSync(join(programs, 'pnpm'), '#!/bin/sh\nexec npx -y pnpm@12 "$@"\n');
    chmodSync(join(programs, 'pnpm'), 0o755);
  }
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH: [programs, dirname(process.execPath), PATH].join(':'),
    HOME,
    CI: 'true',
    npm_config_user_agent: 'pnpm/12.0.0 npm/? node/v26.0.0',
    npm_config_prefer_offline: 'true',
    pnpm_config_prefer_offline: 'true',
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: wheels,
    PYTHONDONTWRITEBYTECODE: '1',
  };
};

/**
 * Downloads the packages of a requirements file for `createUserEnvironment`.
 * @throws Error with pip's output when it fails
 */
export const downloadWheels = (requirements: string, folder: string): void => {
  const args = ['-m', 'pip', 'download', '--quiet', '--dest', join(folder, 'wheels'), '-r', requirements];
  const { status, stderr } = spawnSync(commandOf(python), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`pip could not download the packages:\n${stderr}`);
};

export interface Reader {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Replacements that the README asks for, by the printed text. */
  readonly replacements: Readonly<Record<string, string>>;
  readonly port: number;
}

const fill = (text: string, replacements: Readonly<Record<string, string>>): string =>
  Object.entries(replacements).reduce((filled, [printed, value]) => filled.replaceAll(printed, value), text);

/** A person who follows the section `Start` of the README in a scaffolded folder. */
export class ReadmeReader {
  readonly #reader: Reader;
  readonly #blocks: readonly string[];

  constructor(reader: Reader) {
    this.#reader = reader;
    const text = readFileSync(join(reader.folder, 'README.md'), 'utf8');
    const [, start = ''] = /^## Start\n([\s\S]*?)^## /m.exec(text) ?? [];
    this.#blocks = pageOf(start).blocks('sh');
    if (this.#blocks.length !== 5) throw new Error(`the section Start has ${this.#blocks.length} blocks`);
  }

  async #run(commands: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
    const { folder: cwd, env, replacements } = this.#reader;
    const script = fill(commands, { ...replacements, ...more });
    const { stdout } = await run('bash', ['-ceu', script], { cwd, env });
    return stdout;
  }

  async install(): Promise<void> {
    await this.#run(this.#blocks[0] ?? '');
  }

  /** Installs a Flask receiver, or uses what another reader has installed for the same requirements. */
  async installWithPip(installed: Map<string, string>): Promise<void> {
    const path = join(this.#reader.folder, '.venv');
    const requirements = readFileSync(join(this.#reader.folder, 'requirements.txt'), 'utf8');
    const first = installed.get(requirements);
    if (first === undefined) {
      await this.install();
      installed.set(requirements, path);
    } else {
      symlinkSync(first, path);
    }
  }

  /** Resolves with the response of Bellwire. */
  async createHook(): Promise<{ readonly id: string; readonly secret?: string }> {
    return JSON.parse(await this.#run(this.#blocks[1] ?? '')) as { id: string; secret?: string };
  }

  /** Sets the secret and the port in `.env`. */
  setSecret(secret: string): void {
    const path = join(this.#reader.folder, '.env');
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !/^(?:WEBHOOK_SECRET|PORT|HOST)=/.test(line));
    const settings = [`WEBHOOK_SECRET=${secret}`, `PORT=${this.#reader.port}`, 'HOST=127.0.0.1', ''];
    writeFileSync(path, [...lines, ...settings].join('\n'));
  }

  start(): Promise<RunningProgram> {
    const { folder: cwd, env, port } = this.#reader;
    const args = ['-ceu', this.#blocks[2] ?? ''];
    return startProgram({ command: 'bash', args, env, cwd, port, has_children: true });
  }

  /** Sends the first event. */
  async send(hook: string): Promise<void> {
    await this.#run(this.#blocks[3] ?? '', { 'wh_…': hook });
  }

  /** Lists the deliveries in the terminal of `send`, with its variables. */
  async deliveries(hook: string): Promise<readonly { readonly id: string; readonly status: string }[]> {
    const variables = (this.#blocks[3] ?? '').split('\n').filter((line) => /^[A-Z]+=/.test(line));
    const list = [...variables, this.#blocks[4]].join('\n');
    const { data } = JSON.parse(await this.#run(list, { 'wh_…': hook })) as {
      readonly data: readonly { readonly id: string; readonly status: string }[];
    };
    return data;
  }
}
