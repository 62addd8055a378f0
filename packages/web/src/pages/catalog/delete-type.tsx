import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';
import { useHooks } from '../deliveries/hook-names.ts';
import { SubscriberList } from './subscribers-list.tsx';
import { subscribersOf } from './subscribers.ts';

interface DeleteTypeProps {
  readonly name: string;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Asks before an event type leaves the catalog. */
export const DeleteType = ({ name, onClose, onDeleted }: DeleteTypeProps) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const subscribers = subscribersOf(useHooks(), name);
  const remove = useMutation({
    mutationFn: () => bellwire.eventTypes.delete(name),
    onSuccess: async () => {
      onDeleted();
      queries.removeQueries({ queryKey: ['event_types', 'one', name] });
      await queries.invalidateQueries({ queryKey: ['event_types'] });
    },
  });
  return (
    <Dialog title={`Delete ${name} from the catalog?`} onClose={onClose}>
      <div className="stack">
        <p>
          Its schema, description and example are deleted. Existing events stay. New events of this type are
          still accepted, without a check of their data, unless the workspace is strict: then they are
          refused.
        </p>
        {subscribers.length === 0 ? null : (
          <>
            <h3>Webhooks that subscribe to it: {subscribers.length}</h3>
            <SubscriberList subscribers={subscribers} />
          </>
        )}
        <Failure error={remove.error} />
      </div>
      <DialogActions>
        <Button kind="danger" onClick={() => remove.mutate()} busy={remove.isPending && 'Deleting…'}>
          Delete it
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </DialogActions>
    </Dialog>
  );
};
