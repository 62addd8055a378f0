import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Exists in the repository only: the published package contains the built console. */
const script = fileURLToPath(new URL('../../web/scripts/build.ts', import.meta.url));

/**
 * Builds the console if its sources have changed, in another process, so that the server is ready before it. Returns a
 * function that stops the build.
 */
export const buildConsole = (): (() => void) => {
  if (!import.meta.url.endsWith('.ts') || !existsSync(script)) return () => undefined;
  const build: ChildProcess = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
  let problem = '';
  build.stderr?.on('data', (data: Buffer) => (problem += data.toString()));
  build.on('error', (error) => (problem += error.message));
  build.on('close', (code) => {
    if (code === null || code === 0) return;
    process.stderr.write(
      `The console could not be built; the API is not affected. Run \`pnpm install\`, then start again.\n${problem}`,
    );
  });
  return () => build.kill();
};
