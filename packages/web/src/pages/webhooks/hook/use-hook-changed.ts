import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

/** Reads everything about the hooks again. */
export const useHookChanged = (): (() => Promise<void>) => {
  const queries = useQueryClient();
  return useCallback(() => queries.invalidateQueries({ queryKey: ['hooks'] }), [queries]);
};
