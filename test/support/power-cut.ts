import type { Random } from '../../packages/server/src/ports/random.ts';

type Change = { readonly offset: number; readonly bytes: Buffer } | { readonly size: number };

const CALL =
  /^(\d+) +(pwrite64|ftruncate|fsync|fdatasync|write)\((\d+)<(.*?)>(?:, "([^"]*)"(?:, \d+, (\d+))?)?(?:, (\d+))?/;
const RESUMED = /^(\d+) +<\.\.\. f(?:data)?sync resumed>/;

const decode = (hex: string): Buffer => Buffer.from(hex.replaceAll(String.raw`\x`, ''), 'hex');

/** The bytes of a file, with space to grow. */
class Content {
  #bytes: Buffer;
  #size: number;

  constructor(bytes: Buffer) {
    this.#bytes = Buffer.from(bytes);
    this.#size = bytes.length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  apply(change: Change): void {
    const size = 'size' in change ? change.size : change.offset + change.bytes.length;
    if (size > this.#bytes.length) {
      const grown = Buffer.alloc(2 * size);
      this.bytes.copy(grown);
      this.#bytes = grown;
    }
    if ('bytes' in change) {
      change.bytes.copy(this.#bytes, change.offset);
      this.#size = Math.max(this.#size, size);
    } else {
      this.#bytes.fill(0, size);
      this.#size = size;
    }
  }
}

/** One file: what is certainly on the disk, and the changes since, each of which may be there. */
class DiskFile {
  readonly #content = new Content(Buffer.alloc(0));
  #pending: Change[] = [];

  change(change: Change): void {
    this.#pending.push(change);
  }

  get changes(): number {
    return this.#pending.length;
  }

  /** The first `count` changes are on the disk. */
  synced(count: number): void {
    for (const change of this.#pending.slice(0, count)) this.#content.apply(change);
    this.#pending = this.#pending.slice(count);
  }

  /** The content after a power cut that kept each change with this probability. */
  cut(kept: number, random: Random): Buffer {
    const content = new Content(this.#content.bytes);
    for (const change of this.#pending) if (random.roll() < kept) content.apply(change);
    return content.bytes;
  }
}

/**
 * A disk that replays the output of `strace -f -y -xx -s 5000 -e trace=pwrite64,ftruncate,fsync,fdatasync,write`: a change
 * is on it for certain only when a sync of its file that began later has ended.
 */
export class ReplayedDisk {
  readonly #files = new Map<string, DiskFile>();
  /** By thread, the sync that has not ended. */
  readonly #syncing = new Map<string, { readonly file: DiskFile; readonly changes: number }>();
  /** Standard output of the program so far. */
  printed = '';
  /** The number of times that the write-ahead log began. */
  log_headers = 0;

  replay(line: string): void {
    const [, resumed_by] = RESUMED.exec(line) ?? [];
    if (resumed_by !== undefined) {
      const syncing = this.#syncing.get(resumed_by);
      syncing?.file.synced(syncing.changes);
      this.#syncing.delete(resumed_by);
      return;
    }
    const [, thread = '', call, descriptor, path = '', hex = '', offset, size] = CALL.exec(line) ?? [];
    if (call === undefined) return;
    if (call === 'write') {
      if (descriptor === '1') this.printed += decode(hex).toString();
      return;
    }
    const name = (path.startsWith('\\') ? decode(path).toString() : path).replace(/^.*\//, '');
    const file = this.#files.get(name) ?? new DiskFile();
    this.#files.set(name, file);
    if (call === 'pwrite64' && name.endsWith('-wal') && offset === '0') this.log_headers += 1;
    if (call === 'pwrite64') file.change({ offset: Number(offset), bytes: decode(hex) });
    else if (call === 'ftruncate') file.change({ size: Number(size) });
    else {
      // Other changes can begin before an interrupted call ends, but are not certain with it.
      if (line.includes('<unfinished')) this.#syncing.set(thread, { file, changes: file.changes });
      else file.synced(file.changes);
    }
  }

  /** The content of a file after a power cut at this moment. */
  cut(name: string, kept: number, random: Random): Buffer {
    return this.#files.get(name)?.cut(kept, random) ?? Buffer.alloc(0);
  }
}
