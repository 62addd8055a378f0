/** One page of a list. `next_cursor` is null on the last one. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A list: awaited it is its first page, iterated it is every item of every page. Nothing is read before one of the two. */
export interface Listing<T>
  extends Pick<Promise<Page<T>>, 'then' | 'catch' | 'finally'>, AsyncIterable<T, void, undefined> {}

/** A listing whose pages are read by cursor; undefined is the first one. */
export const createListing = <T>(read: (cursor: string | undefined) => Promise<Page<T>>): Listing<T> => {
  let first: Promise<Page<T>> | undefined;
  const firstPage = (): Promise<Page<T>> => (first ??= read(undefined));
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- it is a promise of a page, but not before it is awaited
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
