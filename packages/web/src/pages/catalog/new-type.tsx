import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Failure, issueAt } from '../../data/errors.tsx';
import { isAbout } from '../../data/issues.ts';
import { pathOf } from '../../data/path-name.ts';
import { Button } from '../../design/button.tsx';
import { TextField } from '../../design/text-field.tsx';
import { Page } from '../../shell/page.tsx';
import { EMPTY_DRAFT, isReadable, TypeFields } from './type-form.tsx';
import { TYPE_FIELDS, usePutType } from './use-put-type.ts';
import { useTypes } from './use-types.ts';

/** Adds an event type to the catalog. */
export const NewType = () => {
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const types = useTypes();
  const put = usePutType((created) => navigate(pathOf('/catalog', created)));
  // The call would replace the existing type.
  const is_taken = types.data?.some((type) => type.name === name.trim()) === true;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    put.mutate({ name: name.trim(), draft });
  };
  return (
    <Page title="New event type" tools={<Link href="/catalog">All event types</Link>}>
      <form className="form form-wide" onSubmit={submit}>
        <TextField
          label="Name"
          hint="Such as order.created. A dot separates groups: receivers can subscribe to order.*"
          error={
            is_taken ? 'The catalog has this type already. Open it to change it.' : issueAt(put.error, 'name')
          }
          autoFocus
          value={name}
          onChange={setName}
        />
        <TypeFields
          draft={draft}
          change={(change) => setDraft((before) => ({ ...before, ...change }))}
          error={put.error}
        />
        {isAbout(put.error, TYPE_FIELDS) ? null : <Failure error={put.error} />}
        <div className="inline">
          <Button
            kind="primary"
            type="submit"
            disabled={name.trim() === '' || is_taken || types.data === undefined || !isReadable(draft)}
            busy={put.isPending && 'Creating…'}
          >
            Create the event type
          </Button>
        </div>
      </form>
    </Page>
  );
};
