import type { ApiKey } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogActions } from '../../design/dialog.tsx';

interface DeleteKeyProps {
  readonly api_key: ApiKey;
  readonly onClose: () => void;
}

/** Asks before a key stops working. */
export const DeleteKey = ({ api_key: { id, name, hint }, onClose }: DeleteKeyProps) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => bellwire.apiKeys.delete(id),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <Dialog title={`Delete the key ${name}?`} onClose={onClose}>
      <div className="stack">
        <p className="break">
          <span className="mono">{hint}</span> stops working at once: calls with it are refused, and everybody
          who has signed in to the console with it is signed out.
        </p>
        <Failure error={remove.error} />
      </div>
      <DialogActions>
        <Button kind="danger" onClick={() => remove.mutate()} busy={remove.isPending && 'Deleting…'}>
          Delete the key
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </DialogActions>
    </Dialog>
  );
};
