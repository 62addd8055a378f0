/** A range of bytes inside a page: `start` inclusive, `end` exclusive. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The page format of one database file. */
export interface PageFormat {
  readonly page_size: number;
  /** The page size without the bytes that extensions reserve at the end of every page. */
  readonly usable_size: number;
}

/** The length of the header at the start of the database file, on page 1. */
export const FILE_HEADER_BYTES = 100;

/** The length of the header of a b-tree page by its type: interior index, interior table, leaf index, leaf table. */
const HEADER_BYTES: ReadonlyMap<number, number> = new Map([
  [0x02, 12],
  [0x05, 12],
  [0x0a, 8],
  [0x0d, 8],
]);

const FREEBLOCK_HEADER_BYTES = 4;

/** From this page number on, the first byte of an overflow page or a freelist page can equal the type of a b-tree page. */
const AMBIGUOUS_PAGE = 0x0200_0000;

/**
 * The page format of a database file, from the header at its start.
 * @throws Error if pages cannot be classified by their first byte.
 */
export const readPageFormat = (header: Buffer, file_bytes: number): PageFormat => {
  const stored = header.readUInt16BE(16);
  const page_size = stored === 1 ? 65_536 : stored;
  if (page_size < 512 || (page_size & (page_size - 1)) !== 0) throw new Error(`page size ${page_size}`);
  if (header.readUInt32BE(52) !== 0) throw new Error('the database uses auto_vacuum');
  if (file_bytes / page_size >= AMBIGUOUS_PAGE) throw new Error('the database has 2^25 pages or more');
  return { page_size, usable_size: page_size - (header[20] ?? 0) };
};

/**
 * The unused ranges of one page: the gap between the cell pointers and the cells, and the body of each freeblock. Null
 * for a page that is not a well-formed b-tree page. `page_start` is the offset of the page in `buffer`; the ranges are
 * offsets in `buffer` too.
 */
export const unusedRanges = (
  buffer: Buffer,
  { usable_size }: PageFormat,
  { page_start, page_number }: { readonly page_start: number; readonly page_number: number },
): readonly Range[] | null => {
  const header = page_start + (page_number === 1 ? FILE_HEADER_BYTES : 0);
  const header_bytes = HEADER_BYTES.get(buffer[header] ?? 0);
  if (header_bytes === undefined) return null;
  const page_end = page_start + usable_size;
  const pointers = header + header_bytes;
  const gap_start = pointers + 2 * buffer.readUInt16BE(header + 3);
  const gap_end = page_start + (buffer.readUInt16BE(header + 5) || 65_536);
  if (gap_start > gap_end || gap_end > page_end) return null;
  // Every cell must be behind the gap: otherwise this is not a b-tree page, and zeros would destroy it.
  for (let at = pointers; at < gap_start; at += 2) {
    const cell = page_start + buffer.readUInt16BE(at);
    if (cell < gap_end || cell >= page_end) return null;
  }
  const ranges = [{ start: gap_start, end: gap_end }];
  let previous_end = gap_end;
  for (let next = buffer.readUInt16BE(header + 1); next !== 0;) {
    const start = page_start + next;
    if (start < previous_end || start + FREEBLOCK_HEADER_BYTES > page_end) return null;
    const end = start + buffer.readUInt16BE(start + 2);
    if (end < start + FREEBLOCK_HEADER_BYTES || end > page_end) return null;
    ranges.push({ start: start + FREEBLOCK_HEADER_BYTES, end });
    next = buffer.readUInt16BE(start);
    previous_end = end;
  }
  return ranges;
};
