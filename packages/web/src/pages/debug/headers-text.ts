import type { DeliveryWithAttempts } from '@bellwire/client';

/** A request as the form holds it. */
export interface RequestText {
  readonly headers: string;
  readonly body: string;
}

/** One header a line, as people paste them. */
const linesOf = (headers: Readonly<Record<string, string>>): string =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');

/** The newest request of a delivery that still has its body; null if there is none. */
export const newestRequest = ({ attempts }: Pick<DeliveryWithAttempts, 'attempts'>): RequestText | null => {
  const request = attempts.findLast((attempt) => attempt.request !== null)?.request ?? null;
  return request === null || request.body === null
    ? null
    : { headers: linesOf(request.headers), body: request.body };
};

/** The characters before a byte of the text in UTF-8. */
export const charactersBefore = (text: string, bytes: number): number => {
  let count = 0;
  let at = 0;
  for (const character of text) {
    count += new TextEncoder().encode(character).length;
    if (count > bytes) break;
    at += character.length;
  }
  return at;
};
