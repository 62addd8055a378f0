import type { Event } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { ConfirmTyped } from '../../design/confirm-typed.tsx';

interface EraseEventProps {
  readonly event: Event;
  readonly onClose: () => void;
  readonly onErased: () => void;
}

/** Asks before an event is erased with everything that belongs to it. */
export const EraseEvent = ({ event, onClose, onErased }: EraseEventProps) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const erase = useMutation({
    mutationFn: () => bellwire.events.delete(event.id),
    onSuccess: () => {
      onErased();
      queries.removeQueries({ queryKey: ['events', 'one', event.id] });
      void queries.invalidateQueries({ queryKey: ['events'] });
      void queries.invalidateQueries({ queryKey: ['deliveries'] });
    },
  });
  return (
    <ConfirmTyped
      title="Erase this event?"
      expected={event.type}
      action="Erase the event"
      busy={erase.isPending && 'Erasing…'}
      onConfirm={() => erase.mutate()}
      onClose={onClose}
    >
      <p className="break">
        {event.type} ({event.id}) is deleted with its deliveries and attempts. What was not sent is never
        sent. Its idempotency key is free again. This cannot be undone.
      </p>
      <Failure error={erase.error} />
    </ConfirmTyped>
  );
};
