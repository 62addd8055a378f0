import { describe, expect, it } from 'vitest';
import { jsonWithStored, StoredJson } from '../../packages/server/src/core/stored-json.ts';
import { jsonAnswer } from '../../packages/server/src/http/json-answer.ts';

const PIECE = 131_072;

/** The pieces of an answer, and the number of turns that it awaited. */
const readPieces = async (output: unknown) => {
  let turns = 0;
  const turn = async (): Promise<void> => void (turns += 1);
  const answer = await jsonAnswer(output, { status: 200 }, { write: jsonWithStored, turn });
  const pieces: string[] = [];
  const decoder = new TextDecoder();
  for await (const bytes of answer.body!) pieces.push(decoder.decode(bytes));
  return { pieces, text: pieces.join(''), turns };
};

const page = (count: number, row: (n: number) => object, next_cursor: string | null = null) => ({
  data: Array.from({ length: count }, (_, n) => row(n)),
  next_cursor,
});

describe('a page', () => {
  it('that is large is written in pieces, with a turn before each further one', async () => {
    const output = page(1_000, (n) => ({ n, text: 'é'.repeat(1_000) }), 'cursor');
    const { pieces, text, turns } = await readPieces(output);
    expect(text).toBe(JSON.stringify(output));
    expect(pieces).toHaveLength(8);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(PIECE);
    // Of ten slices of rows, and of eight pieces.
    expect(turns).toBe(9 + 7);
  });

  it('with rows larger than a piece has each row in one piece, as it is stored', async () => {
    const stored = JSON.stringify({ text: 'x'.repeat(2 * PIECE) });
    const { pieces, text } = await readPieces(page(3, (n) => ({ n, data: new StoredJson(stored) })));
    expect(JSON.parse(text)).toEqual(page(3, (n) => ({ n, data: JSON.parse(stored) })));
    expect(pieces).toHaveLength(5);
  });

  it('whose reader leaves is written no further', async () => {
    const left = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    let slices = 0;
    const turn = async (): Promise<void> => {
      slices += 1;
      // The first two turns are between slices of rows, the third between pieces.
      if (slices < 3) return;
      waiting.resolve();
      await left.promise;
    };
    const output = page(201, (n) => ({ n, text: 'x'.repeat(2_000) }));
    const answer = await jsonAnswer(output, {}, { write: jsonWithStored, turn });
    const reader = answer.body!.getReader();
    await reader.read();
    await waiting.promise;
    await reader.cancel();
    left.resolve();
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(slices).toBe(3);
  });

  it.for([0, 1, 2, 101])('of %i small rows is one text', async (count) => {
    const output = page(count, (n) => ({ n }));
    const { pieces, text } = await readPieces(output);
    expect(text).toBe(JSON.stringify(output));
    expect(pieces).toHaveLength(1);
  });
});

it('other answers are one text', async () => {
  const output = { data: 'x'.repeat(2 * PIECE), list: [1, null] };
  const { text, turns } = await readPieces(output);
  expect(text).toBe(JSON.stringify(output));
  expect(turns).toBe(0);
});
