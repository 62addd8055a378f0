import type { EventType } from '@bellwire/client';
import { type FormEvent, useState } from 'react';
import { Failure } from '../../data/errors.tsx';
import { isAbout } from '../../data/issues.ts';
import { Button } from '../../design/button.tsx';
import { ChangeWarning } from './change-warning.tsx';
import { compareSchemas, type SchemaChange } from './schema-changes.ts';
import { draftOf, isReadable, TypeFields, valueOf } from './type-form.tsx';
import { TYPE_FIELDS, usePutType } from './use-put-type.ts';

/** Changes an event type. It asks first if the change may break receivers or senders. */
export const EditType = ({ type, onDone }: { readonly type: EventType; readonly onDone: () => void }) => {
  const [draft, setDraft] = useState(() => draftOf(type));
  const [changes, setChanges] = useState<readonly SchemaChange[]>([]);
  const put = usePutType(onDone);
  const save = (): void => {
    setChanges([]);
    put.mutate({ name: type.name, draft });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const found = compareSchemas(type.schema, valueOf(draft.schema));
    if (found.length === 0) save();
    else setChanges(found);
  };
  return (
    <form className="form form-wide" onSubmit={submit}>
      <TypeFields
        draft={draft}
        change={(change) => setDraft((before) => ({ ...before, ...change }))}
        error={put.error}
      />
      {isAbout(put.error, TYPE_FIELDS) ? null : <Failure error={put.error} />}
      <div className="inline">
        <Button kind="primary" type="submit" disabled={!isReadable(draft)} busy={put.isPending && 'Saving…'}>
          Save
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
      {changes.length === 0 ? null : (
        <ChangeWarning type={type.name} changes={changes} onSave={save} onClose={() => setChanges([])} />
      )}
    </form>
  );
};
