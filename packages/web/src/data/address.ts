import { useCallback } from 'react';
import { useLocation, useSearch } from 'wouter';

export type Filters = Readonly<Record<string, string>>;

/** The filters in the address. Their change replaces the entry of the history, so that "back" leaves the page. */
export const useFilters = (): readonly [
  Filters,
  (change: Readonly<Record<string, string | null>>) => void,
] => {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const filters = Object.fromEntries(new URLSearchParams(search));
  const change = useCallback(
    (changes: Readonly<Record<string, string | null>>) => {
      const params = new URLSearchParams(search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === '') params.delete(name);
        else params.set(name, value);
      }
      const text = params.toString();
      navigate(text === '' ? path : `${path}?${text}`, { replace: true });
    },
    [search, path, navigate],
  );
  return [filters, change];
};
