/* Copies the built console into the published package. */
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

rmSync(pathOf('../dist/console'), { recursive: true, force: true });
cpSync(pathOf('../../web/dist'), pathOf('../dist/console'), { recursive: true });
