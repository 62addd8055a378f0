import { fstatSync, read, readSync, writeSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { DatabaseFile } from './database-file.ts';
import { FILE_HEADER_BYTES, type PageFormat, readPageFormat, unusedRanges } from './page-gap.ts';

export type ScrubSlice = 'more' | 'done';

/** Bytes of the file per slice. A slice runs synchronously, so this bounds how long it blocks the event loop. */
const SLICE_BYTES = 2 * 1024 * 1024;

const ZEROS = Buffer.alloc(65_536);

const isZero = (buffer: Buffer, start: number, end: number): boolean =>
  buffer.compare(ZEROS, 0, end - start, start, end) === 0;

/**
 * Overwrites what deleted rows have left in a database file.
 *
 * `secure_delete` zeroes deleted cells and freed pages. But when SQLite splits, merges or rebuilds a b-tree page, it
 * leaves copies of cells in the gap between the cell pointers and the cells, and these outlive their rows. The scrubber
 * walks over the file and zeroes these gaps in place. No row, index or page number changes.
 *
 * A row that was deleted before the walk begins is not in the file when the walk ends: SQLite copies only cells from page
 * to page, never gaps, and the row has no cell anymore. So a page that has been scrubbed never receives its bytes again,
 * and a page that is added during the walk never had them.
 *
 * Three conditions make it safe to write behind SQLite's back:
 * - The write-ahead log is empty. Otherwise SQLite, or its recovery after a crash, would take a page from the log and
 *   later write it over the scrubbed one.
 * - The connections that write are idle and drop their page caches. Otherwise they would write a cached page with its old
 *   gap. Caches of readers are never written.
 * - Only bytes that SQLite ignores change, so a page that is read or torn by a power cut while it is written is valid.
 */
export class PageScrubber {
  readonly #raw: Database;
  readonly #file: DatabaseFile;
  /** The next byte to scrub; the walk ends at the size that the file had when it began. */
  #position = 0;
  #end: number | null = null;
  #buffer = Buffer.alloc(0);

  /** `raw` must be the only connection that writes to the file, except for `beginLog`. */
  constructor(raw: Database, file: DatabaseFile) {
    this.#raw = raw;
    this.#file = file;
  }

  /** Makes the next slice the first one of a new walk. */
  restart(): void {
    this.#position = 0;
    this.#end = null;
  }

  /** Reads the bytes of the next slice into the page cache of the operating system, so that the slice does not wait for the disk. */
  prefetch(): Promise<void> {
    if (this.#raw.memory) return Promise.resolve();
    const { descriptor } = this.#file;
    this.#allocate();
    return new Promise((resolve, reject) => {
      read(descriptor, this.#buffer, 0, SLICE_BYTES, this.#position, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  }

  /** Scrubs the next pages. Call it between transactions while the write-ahead log is empty. */
  slice(): ScrubSlice {
    if (this.#raw.memory) return 'done';
    const { descriptor } = this.#file;
    this.#allocate();
    const format = this.#readFormat(descriptor);
    this.#end ??= fstatSync(descriptor).size;
    const length = Math.min(SLICE_BYTES, this.#end - this.#position);
    const read_bytes = readSync(descriptor, this.#buffer, 0, length, this.#position);
    // Otherwise bytes of an earlier slice would be written here.
    if (read_bytes !== length) throw new Error(`read ${read_bytes} of ${length} bytes`);
    if (this.#scrub(descriptor, format, length)) this.#raw.pragma('shrink_memory');
    this.#position += length;
    return this.#position < this.#end ? 'more' : 'done';
  }

  /** Resolves when the scrubbed pages are on the disk. */
  async sync(): Promise<void> {
    if (!this.#raw.memory) await this.#file.sync();
  }

  #allocate(): void {
    if (this.#buffer.length === 0) this.#buffer = Buffer.alloc(SLICE_BYTES);
  }

  #readFormat(descriptor: number): PageFormat {
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    readSync(descriptor, header, 0, FILE_HEADER_BYTES, 0);
    return readPageFormat(header, fstatSync(descriptor).size);
  }

  /** Zeroes the unused ranges of the pages in the buffer. True if a page has changed. */
  #scrub(descriptor: number, format: PageFormat, length: number): boolean {
    const { page_size } = format;
    let has_changed = false;
    for (let page_start = 0; page_start < length; page_start += page_size) {
      const offset = this.#position + page_start;
      const page_number = offset / page_size + 1;
      const unused = unusedRanges(this.#buffer, format, { page_start, page_number }) ?? [];
      const dirty = unused.filter(({ start, end }) => !isZero(this.#buffer, start, end));
      if (dirty.length === 0) continue;
      for (const { start, end } of dirty) this.#buffer.fill(0, start, end);
      // A short write leaves zeros and old bytes in the gap, both valid; the next walk completes it.
      writeSync(descriptor, this.#buffer, page_start, page_size, offset);
      has_changed = true;
    }
    return has_changed;
  }
}
