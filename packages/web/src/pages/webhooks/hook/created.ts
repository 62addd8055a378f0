import type { CreatedHook, Warning } from '@bellwire/client';
import type { QueryClient } from '@tanstack/react-query';

const keyOf = (id: string): readonly unknown[] => ['created', id];

/** Keeps the answer of a creation, with its secret, in memory until the page is left. */
export const keepCreated = (queries: QueryClient, created: CreatedHook): void => {
  queries.setQueryData(keyOf(created.id), created);
};

/** The answer of the creation of a hook, on the page that follows it. */
export const createdHook = (queries: QueryClient, id: string): CreatedHook | undefined =>
  queries.getQueryData(keyOf(id));

export const dropCreated = (queries: QueryClient, id: string): void =>
  queries.removeQueries({ queryKey: keyOf(id) });

/** Keeps the warnings about a change for the page that follows it. */
export const keepWarnings = (queries: QueryClient, id: string, warnings: readonly Warning[]): void => {
  queries.setQueryData(['warnings', id], warnings);
};

/** The warnings about the last change of a hook, until the next one. */
export const keptWarnings = (queries: QueryClient, id: string): readonly Warning[] =>
  queries.getQueryData(['warnings', id]) ?? [];
