import type { Page } from '@bellwire/server';

/**
 * A list: await it for one page, or iterate it for all items of all pages. It sends no request before that.
 */
export interface Listing<T>
  extends Pick<Promise<Page<T>>, 'then' | 'catch' | 'finally'>, AsyncIterable<T, void, undefined> {}

/** Creates a listing that reads pages by cursor, where undefined is the first page. */
export const createListing = <T>(read: (cursor: string | undefined) => Promise<Page<T>>): Listing<T> => {
  let first: Promise<Page<T>> | undefined;
  const firstPage = (): Promise<Page<T>> => (first ??= read(undefined));
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- a promise of a page that starts only when awaited
    then: (onPage, onError) => firstPage().then(onPage, onError),
    catch: (onError) => firstPage().catch(onError),
    finally: (onEnd) => firstPage().finally(onEnd),
    async *[Symbol.asyncIterator]() {
      let cursor: string | undefined;
      do {
        const page: Page<T> = await read(cursor);
        yield* page.data;
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
    },
  };
};
