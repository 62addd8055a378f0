import { useQuery } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';

export interface CatalogType {
  readonly name: string;
  readonly description: string;
}

const NONE: readonly CatalogType[] = [];

/** The catalog without the type that is always sent; undefined until it is known, empty if it cannot be read. */
export const useCatalog = (): readonly CatalogType[] | undefined => {
  const bellwire = useBellwire();
  const { data, isError } = useQuery({
    queryKey: ['event_types', 'list'],
    queryFn: async ({ signal }) =>
      (await bellwire.eventTypes.list({ limit: 1000 }, { signal })).data.filter(
        ({ name }) => name !== 'ping',
      ),
  });
  return isError ? NONE : data;
};
