import type { EventType } from '@bellwire/client';
import { useMutation, type UseMutationResult, useQueryClient } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { type TypeDraft, valueOf } from './type-form.tsx';

/** Fields that the form shows their problems at. */
export const TYPE_FIELDS = ['name', 'description', 'schema', 'example', 'previous_example'] as const;

interface NamedDraft {
  readonly name: string;
  readonly draft: TypeDraft;
}

/** Stores an event type. */
export const usePutType = (
  onDone: (name: string) => void,
): UseMutationResult<EventType, Error, NamedDraft> => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, draft }: NamedDraft) =>
      bellwire.eventTypes.put(name, {
        description: draft.description,
        schema: valueOf(draft.schema),
        example: valueOf(draft.example),
        previous_example: valueOf(draft.previous_example),
      }),
    onSuccess: async (_, { name }) => {
      onDone(name);
      await queries.invalidateQueries({ queryKey: ['event_types'] });
    },
  });
};
