import { isPage, mapInSlices, type Rows } from '../rpc/slices.ts';

/** Characters that are written at once, which takes about a millisecond. */
const PIECE = 131_072;

const encoder = new TextEncoder();

interface Writing {
  readonly write: (value: unknown) => string;
  /** Awaited between two pieces of work. */
  readonly turn: () => Promise<void>;
}

/** Texts, joined into pieces of a size that can be written at once, or of one text if it is larger. */
const inPieces = (texts: readonly string[]): string[] => {
  const pieces: string[] = [];
  let piece = '';
  for (const text of texts) {
    if (piece !== '' && piece.length + text.length > PIECE) {
      pieces.push(piece);
      piece = '';
    }
    piece += text;
  }
  return [...pieces, piece];
};

const streamed = (pieces: readonly string[], turn: () => Promise<void>): ReadableStream<Uint8Array> => {
  let nth = 0;
  return new ReadableStream({
    pull: async (controller) => {
      if (nth > 0) await turn();
      controller.enqueue(encoder.encode(pieces[nth]));
      nth += 1;
      if (nth === pieces.length) controller.close();
    },
  });
};

const pageAnswer = async (
  { data, ...rest }: Rows,
  init: ResponseInit,
  { write, turn }: Writing,
): Promise<Response> => {
  const [first = '', ...others] = await mapInSlices(
    data,
    (slice) => slice.map((row) => `,${write(row)}`),
    turn,
  );
  const pieces = inPieces(['{"data":[', first.slice(1), ...others, `],${write(rest).slice(1)}`]);
  return new Response(pieces.length === 1 ? pieces[0] : streamed(pieces, turn), init);
};

/** An answer in JSON. A large page is written in pieces: as one text of megabytes, it would block the event loop. */
export const jsonAnswer = (
  output: unknown,
  init: ResponseInit,
  writing: Writing,
): Response | Promise<Response> =>
  isPage(output) ? pageAnswer(output, init, writing) : new Response(writing.write(output), init);
