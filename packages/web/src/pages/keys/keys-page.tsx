import type { ApiKey } from '@bellwire/client';
import { useState } from 'react';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { useList } from '../../data/use-list.ts';
import { Button } from '../../design/button.tsx';
import { AgoWords } from '../../design/ago-words.tsx';
import { exactTime } from '../../design/durations.ts';
import { Empty } from '../../design/empty.tsx';
import { Loading } from '../../design/loading.tsx';
import { countText } from '../../design/numbers.ts';
import { Until, useNow } from '../../design/time.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { useSession } from '../../session/session-provider.tsx';
import { Page } from '../../shell/page.tsx';
import { CreateKey } from './create-key.tsx';
import { DeleteKey } from './delete-key.tsx';
import { SCOPE_WORDS } from './scopes.ts';
import { useWorkspaces } from './use-workspaces.ts';
import { Workspaces } from './workspaces.tsx';
import './keys-page.css';

/** The API keys of the server, and its workspaces. */
export const KeysPage = () =>
  useSession().scope === 'admin' ? (
    <Keys />
  ) : (
    <Page title="Keys">
      <Empty title="Keys are for operators">
        They need an API key with the scope admin. Sign out, and sign in with one.
      </Empty>
    </Page>
  );

const Keys = () => {
  const bellwire = useBellwire();
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<ApiKey | null>(null);
  const list = useList(['keys'], (at, signal) => bellwire.apiKeys.list(at, { signal }));
  return (
    <Page
      title="Keys"
      actions={
        <Button kind="primary" onClick={() => setCreating(true)}>
          New API key
        </Button>
      }
    >
      <div className="stack-wide keys-page">
        <section className="stack" aria-label="API keys">
          <p className="quiet">
            Applications call the API with a key, and people sign in to this console with one. The keys
            themselves are not stored: only their hashes.
          </p>
          <Failure error={list.error} onRetry={list.reload} />
          {list.is_loading ? <Loading what="the keys" /> : null}
          <ul>
            {list.rows.map((key) => (
              <KeyRow key={key.id} api_key={key} onDelete={() => setDeleting(key)} />
            ))}
          </ul>
          {list.more === undefined ? null : <Button onClick={list.more}>Show more</Button>}
        </section>
        <Workspaces />
      </div>
      {creating ? <CreateKey onClose={() => setCreating(false)} /> : null}
      {deleting === null ? null : <DeleteKey api_key={deleting} onClose={() => setDeleting(null)} />}
    </Page>
  );
};

const Expiry = ({ at }: { readonly at: string }) =>
  useNow() < Date.parse(at) ? (
    <div className="cut">
      expires in <Until at={at} />
    </div>
  ) : (
    <div className="cut key-expired">
      expired <AgoWords at={at} />
    </div>
  );

interface KeyRowProps {
  readonly api_key: ApiKey;
  readonly onDelete: () => void;
}

const KeyRow = ({ api_key, onDelete }: KeyRowProps) => {
  const { data } = useWorkspaces();
  const { name, scope, workspace_id, hint, events_per_second, created_at, expires_at, last_used_at } =
    api_key;
  const workspace = data?.find(({ id }) => id === workspace_id)?.name ?? workspace_id ?? '';
  return (
    <li className="key-row">
      <span className="cut strong" title={visibleText(name)}>
        {visibleText(name)}
      </span>
      <div>
        <div className="cut">
          {SCOPE_WORDS[scope].name}
          <span className="quiet">
            {' '}
            {workspace_id === null ? 'everywhere' : `in ${visibleText(workspace)}`}
          </span>
        </div>
        {events_per_second === null ? null : (
          <div className="quiet cut">at most {countText(events_per_second)} events/s</div>
        )}
      </div>
      <span className="mono quiet cut" title="The beginning and the end of the key">
        {hint}
      </span>
      <div className="quiet" title={`Created ${exactTime(created_at)}`}>
        <div className="cut">
          {last_used_at === null ? (
            'never used'
          ) : (
            <>
              used <AgoWords at={last_used_at} />
            </>
          )}
        </div>
        {expires_at === null ? null : <Expiry at={expires_at} />}
      </div>
      <Button kind="danger" aria-label={`Delete the key ${visibleText(name)}`} onClick={onDelete}>
        Delete…
      </Button>
    </li>
  );
};
