import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

const THREAD = `
import { parentPort } from 'node:worker_threads';
const loaded: readonly string[] = (process as any).moduleLoadList;
parentPort?.postMessage({ compilers: loaded.filter((name) => name.includes('amaro')), env: process.env });`;

const PROGRAM = `
import { enableCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import { threadOptions } from ${JSON.stringify(import.meta.resolve('../../packages/server/src/core/thread-options.ts'))};
if (process.argv[2] !== undefined) enableCompileCache(process.argv[2]);
const worker = new Worker(new URL('thread.ts', import.meta.url), threadOptions());
worker.on('message', (seen) => console.log(JSON.stringify(seen)));`;

it('a thread loads what an earlier process has compiled, without a compiler, and has nothing of the environment', async () => {
  await using folder = await createTemporaryFolder();
  await writeFile(folder.file('thread.ts'), THREAD);
  await writeFile(folder.file('program.mjs'), PROGRAM);
  const start = async (...cache: readonly string[]) => {
    const { stdout } = await run(process.execPath, [folder.file('program.mjs'), ...cache]);
    return JSON.parse(stdout);
  };
  const cache = folder.file('cache');
  expect(await start()).toMatchObject({ compilers: [expect.any(String)], env: {} });
  expect((await start(cache)).compilers).toHaveLength(1);
  expect(await start(cache)).toEqual({ compilers: [], env: { NODE_COMPILE_CACHE: cache } });
});
