import type { Tenant } from '@bellwire/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { Failure, issueAt } from '../../data/errors.tsx';
import { isAbout } from '../../data/issues.ts';
import { Button } from '../../design/button.tsx';
import { numberOrNull } from '../../design/numbers.ts';
import { TextField } from '../../design/text-field.tsx';

/** The limits as they are typed. */
const draftOf = ({ limits }: Tenant) => ({
  max_hooks: String(limits.max_hooks),
  events_per_second: limits.events_per_second === null ? '' : String(limits.events_per_second),
});

/** How many webhooks a tenant may have, and how fast its events are accepted. */
export const TenantLimits = ({ tenant }: { readonly tenant: Tenant }) => {
  const bellwire = useBellwire();
  const queries = useQueryClient();
  const stored = draftOf(tenant);
  const [draft, setDraft] = useState(stored);
  const is_changed = {
    max_hooks: draft.max_hooks !== stored.max_hooks,
    events_per_second: draft.events_per_second !== stored.events_per_second,
  };
  const save = useMutation({
    // The default of a limit stays the default unless it is changed here.
    mutationFn: () =>
      bellwire.tenants.update(tenant.tenant, {
        limits: {
          ...(is_changed.max_hooks ? { max_hooks: numberOrNull(draft.max_hooks) } : {}),
          ...(is_changed.events_per_second
            ? { events_per_second: numberOrNull(draft.events_per_second) }
            : {}),
        },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tenants'] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form className="form" onSubmit={submit} aria-label="Limits">
      <h2>Limits</h2>
      <div className="columns">
        <TextField
          label="Webhooks"
          hint="More cannot be created. Empty: the default, 1,000."
          error={issueAt(save.error, 'limits.max_hooks')}
          type="number"
          value={draft.max_hooks}
          onChange={(max_hooks) => setDraft({ ...draft, max_hooks })}
        />
        <TextField
          label="Events per second"
          hint="More are refused with the status 429. Empty: no limit."
          error={issueAt(save.error, 'limits.events_per_second')}
          type="number"
          value={draft.events_per_second}
          onChange={(events_per_second) => setDraft({ ...draft, events_per_second })}
        />
      </div>
      {isAbout(save.error, ['limits.max_hooks', 'limits.events_per_second']) ? null : (
        <Failure error={save.error} />
      )}
      {is_changed.max_hooks || is_changed.events_per_second ? (
        <div className="inline">
          <Button kind="primary" type="submit" busy={save.isPending && 'Saving…'}>
            Save the limits
          </Button>
          <Button onClick={() => setDraft(stored)}>Discard</Button>
        </div>
      ) : null}
    </form>
  );
};
