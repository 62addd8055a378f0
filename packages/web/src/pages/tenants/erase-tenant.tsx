import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { ConfirmTyped } from '../../design/confirm-typed.tsx';

interface EraseTenantProps {
  readonly tenant: string;
  readonly onClose: () => void;
  readonly onStarted: (erasure_id: string) => void;
}

/** Asks before everything of a tenant is erased. */
export const EraseTenant = ({ tenant, onClose, onStarted }: EraseTenantProps) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const erase = useMutation({
    mutationFn: () => bellwire.tenants.delete(tenant),
    onSuccess: (erasure) => {
      onStarted(erasure.id);
      void queries.invalidateQueries({ queryKey: ['tenants'] });
    },
  });
  return (
    <ConfirmTyped
      title={`Erase everything of ${tenant}?`}
      expected={tenant}
      action="Erase the tenant"
      busy={erase.isPending && 'Starting…'}
      onConfirm={() => erase.mutate()}
      onClose={onClose}
    >
      <p>
        Its webhooks, events, deliveries, attempts and statistics are deleted, and their bytes are overwritten
        in the database file. What was not sent is never sent. This cannot be undone. The audit log keeps that
        it happened.
      </p>
      <Failure error={erase.error} />
    </ConfirmTyped>
  );
};
