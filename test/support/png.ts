import { deflateSync, inflateSync, crc32 } from 'node:zlib';

const SIGNATURE_BYTES = 8;
const BYTES_PER_PIXEL = 3;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

const chunksOf = (png: Buffer): readonly Chunk[] => {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    });
    at += length + 12;
  }
  return chunks;
};

const toBytes = ({ type, data }: Chunk): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, check]);
};

/** The predictor of the format: the neighbour that is closest to left + above - corner. */
const paeth = (left: number, above: number, corner: number): number => {
  const guess = left + above - corner;
  const [by_left, by_above, by_corner] = [left, above, corner].map((each) => Math.abs(guess - each)) as [
    number,
    number,
    number,
  ];
  if (by_left <= by_above && by_left <= by_corner) return left;
  return by_above <= by_corner ? above : corner;
};

const predictors: readonly ((left: number, above: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

/** The rows without their filters. */
const unfiltered = (rows: Buffer, width: number): Buffer => {
  const stride = width * BYTES_PER_PIXEL + 1;
  for (let start = 0; start < rows.length; start += stride) {
    const predict = predictors[rows[start]!]!;
    rows[start] = 0;
    for (let at = 1; at < stride; at += 1) {
      const left = at > BYTES_PER_PIXEL ? rows[start + at - BYTES_PER_PIXEL]! : 0;
      const above = start === 0 ? 0 : rows[start + at - stride]!;
      const corner = start === 0 || at <= BYTES_PER_PIXEL ? 0 : rows[start + at - stride - BYTES_PER_PIXEL]!;
      rows[start + at] = rows[start + at]! + predict(left, above, corner);
    }
  }
  return rows;
};

/** The same picture in fewer bytes: screens of text compress best without filters. For RGB with 8 bits a color. */
export const compressPng = (png: Buffer): Buffer => {
  const chunks = chunksOf(png);
  const header = chunks[0]!.data;
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const rows = unfiltered(inflateSync(packed), header.readUInt32BE(0));
  return Buffer.concat([
    png.subarray(0, SIGNATURE_BYTES),
    toBytes({ type: 'IHDR', data: header }),
    toBytes({ type: 'IDAT', data: deflateSync(rows, { level: 9 }) }),
    toBytes({ type: 'IEND', data: Buffer.alloc(0) }),
  ]);
};
