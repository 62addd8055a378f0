/** One page of a list. `next_cursor` is null on the last page. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A list. Awaiting it reads the first page; iterating it reads every item of every page. Nothing is read before. */
export interface Listing<T>
  extends Pick<Promise<Page<T>>, 'then' | 'catch' | 'finally'>, AsyncIterable<T, void, undefined> {}

/** Creates a listing from a function that reads one page. An undefined cursor is the first page. */
export const createListing = <T>(read: (cursor: string | undefined) => Promise<Page<T>>): Listing<T> => {
  let first: Promise<Page<T>> | undefined;
  const firstPage = (): Promise<Page<T>> => (first ??= read(undefined));
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- a promise of a page that starts when it is awaited
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
