import { BellwireError } from '../core/errors.ts';
import type { Page, PageQuery } from '../ports/repositories.ts';

const DEFAULT_LIMIT = 100;
const MARK = 'after:';

/** Cursors are opaque: a caller hands back what it got, so what is in them can change. */
const encode = (after: string): string => Buffer.from(MARK + after).toString('base64url');

const decode = (cursor: string): string => {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.startsWith(MARK) && encode(text.slice(MARK.length)) === cursor) return text.slice(MARK.length);
  throw new BellwireError(
    'invalid_cursor',
    'This cursor was not made by Bellwire. Hand back the next_cursor of the page before, or leave it out for the first page.',
    { issues: [{ path: 'cursor', message: 'is malformed' }] },
  );
};

/** @throws BellwireError `invalid_cursor` */
export const toPageQuery = (input: {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}): PageQuery => ({
  limit: input.limit ?? DEFAULT_LIMIT,
  after: input.cursor === undefined ? null : decode(input.cursor),
});

/** A page as it is answered. */
export const toAnswer = <T, V>(page: Page<T>, view: (row: T) => V) => ({
  data: page.data.map(view),
  next_cursor: page.next === null ? null : encode(page.next),
});
