import { expect, it } from 'vitest';
import { charactersBefore, newestRequest } from '../../packages/web/src/pages/debug/headers-text.ts';

type Attempts = Parameters<typeof newestRequest>[0]['attempts'];

const attempt = (request: object | null) => ({ request }) as Attempts[number];

it('the newest request with a body fills the form, one header a line', () => {
  const sent = { method: 'POST', url: 'https://a.example/', headers: { a: '1', 'B-c': 'd: e' }, body: '{}' };
  expect(newestRequest({ attempts: [attempt(sent), attempt(null)] })).toEqual({
    headers: 'a: 1\nB-c: d: e',
    body: '{}',
  });
  expect(newestRequest({ attempts: [attempt({ ...sent, body: null })] })).toBeNull();
  expect(newestRequest({ attempts: [] })).toBeNull();
});

it.each([
  ['abc', 0, 0],
  ['abc', 2, 2],
  ['é☃𝄞x', 2, 1],
  ['é☃𝄞x', 5, 2],
  ['é☃𝄞x', 9, 4],
  ['é☃𝄞x', 3, 1],
])('in %j the byte %i is in the character at %i', (text, bytes, at) => {
  expect(charactersBefore(text, bytes)).toBe(at);
});
