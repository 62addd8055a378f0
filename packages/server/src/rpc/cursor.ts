import { BellwireError } from '../core/errors.ts';
import type { Page, PageQuery } from '../ports/page.ts';
import type { HeavyTurn } from './heavy-turns.ts';
import { mapInSlices } from './slices.ts';

const DEFAULT_LIMIT = 100;
const MARK = 'after:';

/** Cursors are opaque to callers, so their content can change. */
const encode = (after: string): string => Buffer.from(MARK + after).toString('base64url');

const decode = (cursor: string): string => {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.startsWith(MARK) && encode(text.slice(MARK.length)) === cursor) return text.slice(MARK.length);
  throw new BellwireError(
    'invalid_cursor',
    'The cursor is invalid. Pass the next_cursor of the previous page, or omit it for the first page.',
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

/** The response for a page of rows, created with turns of the event loop in between. */
export const toAnswer = async <T, V>(
  page: Page<T>,
  view: (row: T) => V,
  { heavyTurn, workspace_id }: { readonly heavyTurn: HeavyTurn; readonly workspace_id: string },
) => ({
  data: await mapInSlices(
    page.data,
    (rows) => rows.map(view),
    () => heavyTurn(workspace_id),
  ),
  next_cursor: page.next === null ? null : encode(page.next),
});
