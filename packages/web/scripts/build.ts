/* Builds the page into dist/, unless it is there already and its sources have not changed. */
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { stampOfSources } from './stamp.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist`;
const next = `${root}dist-next`;

/** A build takes seconds. An older folder was left by one that was killed. */
const ABANDONED_MS = 60_000;
/** Between two looks at the build of another process. */
const WAIT_MS = 100;
/** Above this level, compression takes many times longer for one percent. */
const BROTLI_QUALITY = 9;

const builtStamp = (): string | null =>
  existsSync(`${dist}/.stamp`) ? readFileSync(`${dist}/.stamp`, 'utf8') : null;

/** Whether this process is the one that builds. */
const claimBuild = (): boolean => {
  try {
    mkdirSync(next);
    return true;
  } catch {
    const age_ms = Date.now() - (statSync(next, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age_ms < ABANDONED_MS) return false;
    rmSync(next, { recursive: true, force: true });
    return claimBuild();
  }
};

/** Writes a compressed copy beside each text file, so that the server never compresses. */
const compress = (): void => {
  for (const path of globSync('**/*.{js,css,html,svg}', { cwd: next })) {
    const text = readFileSync(`${next}/${path}`);
    const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
    writeFileSync(`${next}/${path}.br`, brotliCompressSync(text, { params }));
    writeFileSync(`${next}/${path}.gz`, gzipSync(text, { level: 9 }));
  }
};

const buildPage = async (stamp: string): Promise<void> => {
  // Otherwise Vite builds the development version of React, when tests or a shell set another environment.
  process.env['NODE_ENV'] = 'production';
  const { build } = await import('vite');
  await build({ root, logLevel: 'error', build: { outDir: next, emptyOutDir: true } });
  compress();
  writeFileSync(`${next}/.stamp`, stamp);
  // A server that is running keeps the page in memory, so it never sees a part of a build.
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
};

const stamp = stampOfSources();
// Another process may be building: its page is not used before it is complete.
while (builtStamp() !== stamp) {
  if (claimBuild()) {
    try {
      // It may have been completed between the look and the claim.
      if (builtStamp() !== stamp) await buildPage(stamp);
    } finally {
      rmSync(next, { recursive: true, force: true });
    }
  } else await pause(WAIT_MS);
}
