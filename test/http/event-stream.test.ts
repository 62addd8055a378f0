import { expect, it } from 'vitest';
import { EventStream, eventText } from '../../packages/server/src/http/event-stream.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const textOf = (number: number) => eventText({ id: `e-${number}`, type: 'x', data: '"'.padEnd(1_000, 'ä') });

const open = () => {
  const clock = createVirtualClock();
  const ends: string[] = [];
  const stream = new EventStream({
    clock,
    reset: () => 'event: reset\ndata: {}\n\n',
    onEnd: () => ends.push('ended'),
  });
  return { clock, stream, ends, reader: stream.response().body!.getReader() };
};

type Reader = ReturnType<typeof open>['reader'];

const read = async (reader: Reader): Promise<string | null> => {
  const { done, value } = await reader.read();
  return done ? null : new TextDecoder().decode(value);
};

it('a client that does not read keeps less than 400 KiB, and then gets one reset and what follows', async () => {
  const { stream, reader } = open();
  for (let number = 0; number < 5_000; number += 1) stream.send(textOf(number));
  const chunks: string[] = [];
  while (!chunks.at(-1)?.includes('reset')) chunks.push((await read(reader))!);
  expect(Buffer.byteLength(chunks.join(''))).toBeLessThan(400 * 1024);
  stream.send('after');
  expect(await read(reader)).toBe('after');
  expect(chunks.join('').match(/reset/g)).toHaveLength(1);
});

it('a client that reads gets each event once, in order', async () => {
  const { stream, reader } = open();
  const expected = Array.from({ length: 2_000 }, (_, number) => textOf(number));
  const received: string[] = [];
  for (const text of expected) {
    const next = read(reader);
    stream.send(text);
    received.push((await next)!);
  }
  expect(received).toEqual(expected);
});

it('a comment keeps an idle connection open every 15 s, but is not queued for a client that does not read', async () => {
  const { clock, stream, reader } = open();
  const first = read(reader);
  await clock.advance(15_000);
  expect(await first).toBe(':\n\n');
  stream.send('x'.repeat(100_000));
  await clock.advance(150_000);
  stream.send('last');
  expect([await read(reader), await read(reader)]).toEqual(['x'.repeat(100_000), 'last']);
});

it('an end or a disconnect is reported once, and stops everything', async () => {
  const ended = open();
  ended.stream.send('last');
  ended.stream.end();
  ended.stream.end();
  ended.stream.send('never');
  expect([await read(ended.reader), await read(ended.reader)]).toEqual(['last', null]);
  const left = open();
  await left.reader.cancel();
  left.stream.send('never');
  left.stream.end();
  expect([ended.ends, left.ends]).toEqual([['ended'], ['ended']]);
  expect([ended.clock.nextTimer(), left.clock.nextTimer()]).toEqual([null, null]);
});
