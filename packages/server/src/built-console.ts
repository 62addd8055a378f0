import { hash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { ConsoleFile, ConsoleFiles } from './ports/console-files.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

const read = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(path));
const readIfAny = (path: string): Uint8Array<ArrayBuffer> | null => (existsSync(path) ? read(path) : null);

/**
 * The built page, in memory: a request never reads the disk, and no address leads out of the folder. It is read again
 * after another build has replaced it.
 */
export class BuiltConsole implements ConsoleFiles {
  readonly #folder: string;
  #stamp: string | null = null;
  #files: ReadonlyMap<string, ConsoleFile> = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  index(): ConsoleFile | null {
    const stamp = this.#readStamp();
    if (stamp !== null && stamp !== this.#stamp) {
      this.#files = this.#load();
      this.#stamp = stamp;
    }
    return this.#files.get('/index.html') ?? null;
  }

  get(path: string): ConsoleFile | null {
    if (this.#stamp === null) this.index();
    return this.#files.get(path) ?? null;
  }

  #readStamp(): string | null {
    try {
      return readFileSync(`${this.#folder}/.stamp`, 'utf8');
    } catch {
      return null;
    }
  }

  #load(): ReadonlyMap<string, ConsoleFile> {
    const paths = globSync('**/*', { cwd: this.#folder }).filter((path) => extname(path) in TYPES);
    return new Map(
      paths.map((path) => {
        const file = `${this.#folder}/${path}`;
        const raw = read(file);
        const etag = `"${hash('sha256', raw, 'base64url').slice(0, 22)}"`;
        const type = TYPES[extname(path)] ?? 'application/octet-stream';
        return [
          `/${path.replaceAll('\\', '/')}`,
          { type, etag, raw, br: readIfAny(`${file}.br`), gz: readIfAny(`${file}.gz`) },
        ];
      }),
    );
  }
}
