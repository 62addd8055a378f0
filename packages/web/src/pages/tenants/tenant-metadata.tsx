import type { Tenant } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { type Pair, Pairs, recordOf } from '../../design/pairs.tsx';

const pairsOf = ({ metadata }: Tenant): readonly Pair[] => Object.entries(metadata);

/** Your own data about a tenant. */
export const TenantMetadata = ({ tenant }: { readonly tenant: Tenant }) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const [pairs, setPairs] = useState(() => pairsOf(tenant));
  const save = useMutation({
    mutationFn: () => bellwire.tenants.update(tenant.tenant, { metadata: recordOf(pairs) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tenants'] }),
  });
  const is_changed = JSON.stringify(recordOf(pairs)) !== JSON.stringify(tenant.metadata);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="stack" onSubmit={submit} aria-label="Metadata">
      <h2>Metadata</h2>
      <p className="quiet">Your own data about this customer. Receivers never get it.</p>
      <Pairs label="Metadata" pairs={pairs} onChange={setPairs} />
      <Failure error={save.error} />
      {is_changed ? (
        <div className="inline">
          <Button kind="primary" type="submit" busy={save.isPending && 'Saving…'}>
            Save the metadata
          </Button>
          <Button onClick={() => setPairs(pairsOf(tenant))}>Discard</Button>
        </div>
      ) : null}
    </form>
  );
};
