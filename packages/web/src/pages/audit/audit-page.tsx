import type { AuditEntry } from '@bellwire/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { useBellwire } from '../../data/client.tsx';
import { Failure } from '../../data/errors.tsx';
import { useList } from '../../data/use-list.ts';
import { Button } from '../../design/button.tsx';
import { exactTime } from '../../design/durations.ts';
import { Empty } from '../../design/empty.tsx';
import { Chip, SearchBox } from '../../design/filter.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { useSession } from '../../session/session-provider.tsx';
import { Page } from '../../shell/page.tsx';
import { differencesOf, valueText } from './differences.ts';
import { placeOf } from './subjects.ts';
import './audit-page.css';

const NO_NAMES: ReadonlyMap<string, string> = new Map();

/** The names of API keys, which only admins may read. */
const useKeyNames = (): ReadonlyMap<string, string> => {
  const bellwire = useBellwire();
  const { scope } = useSession();
  const { data } = useQuery({
    queryKey: ['keys', 'names'],
    queryFn: async ({ signal }) =>
      new Map(
        (await bellwire.apiKeys.list({ limit: 1000 }, { signal })).data.map(({ id, name }) => [id, name]),
      ),
    enabled: scope === 'admin',
  });
  return data ?? NO_NAMES;
};

/** Who changed what, newest first. */
export const AuditPage = () => {
  const bellwire = useBellwire();
  const [filters, change] = useFilters();
  const names = useKeyNames();
  const subject = filters['subject'];
  const list = useList(['audit', subject ?? null], (at, signal) =>
    bellwire.audit.list({ ...at, ...(subject === undefined ? {} : { subject }) }, { signal }),
  );
  return (
    <Page
      title="Audit"
      tools={
        <>
          <SearchBox label="Id, tenant or event type" onSearch={(text) => change({ subject: text })} />
          {subject === undefined ? null : (
            <Chip label="Changes of" value={subject} onClear={() => change({ subject: null })} />
          )}
        </>
      }
    >
      <div className="audit">
        <Failure error={list.error} onRetry={list.reload} />
        <ol>
          {list.rows.map((entry) => (
            <Entry key={entry.id} entry={entry} by={names.get(entry.by)} onSubject={change} />
          ))}
        </ol>
        {list.more === undefined ? null : <Button onClick={list.more}>Show older ones</Button>}
        {list.rows.length === 0 ? <NoEntries is_loading={list.is_loading} subject={subject} /> : null}
      </div>
    </Page>
  );
};

interface NoEntriesProps {
  readonly is_loading: boolean;
  readonly subject: string | undefined;
}

const NoEntries = ({ is_loading, subject }: NoEntriesProps) =>
  is_loading ? (
    <Empty title="Loading the audit log…" />
  ) : (
    <Empty title={subject === undefined ? 'No change yet' : 'No change of it'}>
      Every change of webhooks, secrets, event types, tenants, keys and workspaces is listed here. Entries are
      deleted after the retention period.
    </Empty>
  );

/** `hook.deactivated` as `hook deactivated`. */
const actionText = (action: string): string => action.replaceAll(/[._]/g, ' ');

interface EntryProps {
  readonly entry: AuditEntry;
  /** The name of the key. */
  readonly by: string | undefined;
  readonly onSubject: (changes: { readonly subject: string }) => void;
}

const Entry = ({ entry, by, onSubject }: EntryProps) => {
  const place = placeOf(entry.subject, entry.action);
  return (
    <li className="audit-entry">
      <time className="quiet" dateTime={entry.at} title={exactTime(entry.at)}>
        {new Date(entry.at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })}
      </time>
      <div className="audit-what">
        <p className="inline">
          <span className="strong">{actionText(entry.action)}</span>
          {place === null ? (
            <span className="mono break">{visibleText(entry.subject)}</span>
          ) : (
            <Link className="mono break" href={place}>
              {visibleText(entry.subject)}
            </Link>
          )}
        </p>
        <Differences entry={entry} />
      </div>
      <span className="quiet cut" title={visibleText(entry.by)}>
        {visibleText(by ?? entry.by)}
      </span>
      <Button
        kind="bare"
        aria-label={`History of ${visibleText(entry.subject)}`}
        onClick={() => onSubject({ subject: entry.subject })}
      >
        History
      </Button>
    </li>
  );
};

const Differences = ({ entry: { before, after } }: { readonly entry: AuditEntry }) => {
  const fields = differencesOf(before, after);
  if (fields.length === 0) return null;
  return (
    <dl className="audit-fields">
      {fields.map(({ name, before: old, after: now }) => (
        <div key={name} className="audit-field">
          <dt>{name}</dt>
          <dd className="break">
            {before === null ? null : <del>{visibleText(valueText(old))}</del>}
            {before === null || after === null ? null : <span aria-hidden="true"> → </span>}
            {after === null ? null : <ins>{visibleText(valueText(now))}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
};
