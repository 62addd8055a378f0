import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packPackage, runPnpm } from '../support/pack.ts';
import { ADMIN_KEY, startServer } from '../support/running-server.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

/** Enough to pack, to install three compilers, and for a busy machine. */
const TIMEOUT_MS = 180_000;

const COMPILERS = { ts5: '5.9.3', ts6: '6.0.3', ts7: '7.0.2' } as const;
type Compiler = keyof typeof COMPILERS;

const RESOLUTIONS = {
  // Strictest: the declarations of tRPC then need esnext.disposable.
  nodenext: {
    module: 'nodenext',
    moduleResolution: 'nodenext',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    skipLibCheck: false,
  },
  bundler: { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true },
} as const;

const USE_OF_ALL = `
import { createClient } from '@bellwire/client';
import { verify } from '@bellwire/client/verify';
import { printCatalog } from '@bellwire/client/generate';
const { events } = createClient({ url: process.argv[2], api_key: process.argv[3] });
const { type } = await events.send('order.created', { id: 'o_1' });
console.log(type, typeof verify, typeof printCatalog);
`;

const run = promisify(execFile);

/** The output of a program; its exit code and all output after a failure. */
const outputOf = async (program: string, args: readonly string[], cwd: string): Promise<string> => {
  try {
    const { stdout } = await run(process.execPath, [program, ...args], { cwd });
    return stdout;
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return `ended with ${code}\n${stdout}${stderr}`;
  }
};

/** Installs a project that depends only on the tarball. */
const install = (project: string): void => {
  try {
    runPnpm(['install', '--prefer-offline', '--ignore-scripts'], { cwd: project });
  } catch (error) {
    throw new Error(
      'The packed client could not be installed into an empty project. This step needs the npm registry.',
      { cause: error },
    );
  }
};

const consumer = fileURLToPath(new URL('consumer.ts', import.meta.url));
let folder: TemporaryFolder;
let project: string;
let tarball: string;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  tarball = await packPackage('client');
  project = folder.file('project');
  await mkdir(project);
  const manifest = {
    name: 'empty',
    private: true,
    type: 'module',
    dependencies: { '@bellwire/client': `file:${tarball}` },
    devDependencies: Object.fromEntries(
      Object.entries(COMPILERS).map(([alias, version]) => [alias, `npm:typescript@${version}`]),
    ),
  };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  await copyFile(consumer, join(project, 'consumer.ts'));
  await writeFile(join(project, 'main.js'), USE_OF_ALL);
  for (const [name, options] of Object.entries(RESOLUTIONS)) {
    const compilerOptions = { ...options, target: 'es2022', strict: true, noEmit: true, types: [] };
    const config = { compilerOptions, files: ['consumer.ts'] };
    await writeFile(join(project, `tsconfig.${name}.json`), JSON.stringify(config));
  }
  install(project);
}, TIMEOUT_MS);

afterAll(() => folder[Symbol.asyncDispose]());

const installed = (file: string): string => join(project, 'node_modules/@bellwire/client', file);

test('the tarball contains the files of package.json and nothing else of the workspace', async () => {
  const files = await readdir(installed('.'), { recursive: true, withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map(({ name }) => name);
  const entries = ['generate', 'index', 'verify'].flatMap((entry) => [`${entry}.d.ts`, `${entry}.js`]);
  expect(names.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json', ...entries].toSorted());
  const manifest = JSON.parse(await readFile(installed('package.json'), 'utf8')) as { dependencies: object };
  expect(Object.keys(manifest.dependencies)).toEqual(['@trpc/client', '@trpc/server', 'p-retry']);
});

test('its declarations are small and import only tRPC', async () => {
  const text = await readFile(installed('dist/index.d.ts'), 'utf8');
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const imports = [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, to]) => to);
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((to) => to !== '@trpc/client' && to !== '@trpc/server')).toEqual([]);
  expect(Buffer.byteLength(text)).toBeLessThan(100_000);
});

test.each(['index', 'verify', 'generate'])('%s uses no API of Node', async (entry) => {
  const code = await readFile(installed(`dist/${entry}.js`), 'utf8');
  const imports = [...code.matchAll(/\bfrom\s*['"]([^'"]+)['"]/g)].map(([, to]) => to!);
  expect(imports.filter((to) => !/^(?:\.\/|@trpc\/client$|p-retry$)/.test(to))).toEqual([]);
  expect(code).not.toMatch(/\bprocess\.|\bBuffer\b|\brequire\(/);
});

test('the packed client sends an event to a server', async () => {
  await using server = await startServer();
  const output = await outputOf(join(project, 'main.js'), [server.origin, ADMIN_KEY], project);
  expect(output).toBe('order.created function function\n');
});

const cases = (Object.keys(COMPILERS) as Compiler[]).flatMap((compiler) =>
  Object.keys(RESOLUTIONS).map((resolution) => [compiler, resolution] as const),
);

test.each(cases)(
  'a program that uses it compiles in an empty project, and invalid calls do not: %s, %s',
  async (compiler, resolution) => {
    const tsc = join(project, 'node_modules', compiler, 'bin/tsc');
    expect(await outputOf(tsc, ['-p', `tsconfig.${resolution}.json`], project)).toBe('');
  },
  TIMEOUT_MS,
);

test('publint reports nothing', async () => {
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages } = await publint({ pack: { tarball: buffer } });
  expect(messages).toEqual([]);
});

test('its types resolve in every ES module resolution', async () => {
  const manifest = fileURLToPath(import.meta.resolve('@arethetypeswrong/cli/package.json'));
  const attw = join(dirname(manifest), 'dist/index.js');
  const output = await outputOf(attw, [tarball, '--profile', 'esm-only', '--no-color'], folder.path);
  expect(output).not.toContain('ended with');
  expect(output.match(/node16 \(from ESM\): 🟢/g)).toHaveLength(3);
});
