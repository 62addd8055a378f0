import type { EventType } from '@bellwire/client';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { usePathName } from '../../data/path-name.ts';
import { Button } from '../../design/button.tsx';
import { Body } from '../../design/code.tsx';
import { Loading } from '../../design/loading.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { AgoWords } from '../../design/ago-words.tsx';
import { Page } from '../../shell/page.tsx';
import { DeleteType } from './delete-type.tsx';
import { EditType } from './edit-type.tsx';
import { SchemaTable } from './schema-table.tsx';
import { Subscribers } from './subscribers-list.tsx';
import { useType } from './use-types.ts';
import { visibleText } from '../../design/visible-text.ts';

/** One event type: what it means, who gets it, and how its data looks. */
export const TypePage = () => {
  const name = usePathName();
  const [filters, change] = useFilters();
  const [, navigate] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const { data, error, refetch } = useType(name);
  const editing = filters['edit'] !== undefined;
  return (
    <Page
      title={name}
      tools={<Link href="/catalog">All event types</Link>}
      actions={
        editing || data === undefined ? undefined : (
          <>
            <Link className="button" href={`/events/new?type=${encodeURIComponent(name)}`}>
              Send one
            </Link>
            <Button onClick={() => change({ edit: '1' })}>Edit</Button>
            <Button kind="danger" onClick={() => setDeleting(true)}>
              Delete…
            </Button>
          </>
        )
      }
    >
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null ? <Loading what="the event type" /> : null}
      {data === undefined ? null : editing ? (
        <EditType key={data.updated_at} type={data} onDone={() => change({ edit: null })} />
      ) : (
        <Shown type={data} />
      )}
      {deleting ? (
        <DeleteType name={name} onClose={() => setDeleting(false)} onDeleted={() => navigate('/catalog')} />
      ) : null}
    </Page>
  );
};

const Shown = ({ type }: { readonly type: EventType }) => {
  const [filters, change] = useFilters();
  const { schema, example, previous_example } = type;
  return (
    <div className="stack-wide type-page">
      <div>
        <p className="break">
          {type.description === '' ? 'It has no description yet.' : visibleText(type.description)}
        </p>
        <p className="quiet">
          Changed <AgoWords at={type.updated_at} />.{' '}
          <Link href={`/events?type=${encodeURIComponent(type.name)}`}>Its events</Link>,{' '}
          <Link href={`/deliveries?event_type=${encodeURIComponent(type.name)}`}>its deliveries</Link>,{' '}
          <Link href={`/audit?subject=${encodeURIComponent(type.name)}`}>its changes</Link>
        </p>
      </div>
      <Subscribers type={type.name} />
      <Tabs
        label="Data"
        selected={filters['tab'] ?? 'schema'}
        onSelect={(tab) => change({ tab: tab === 'schema' ? null : tab })}
        tabs={[
          { key: 'schema', title: 'Schema', content: <SchemaTable schema={schema} /> },
          {
            key: 'raw',
            title: 'JSON Schema',
            content:
              schema === null ? <NoSchema /> : <Body label="JSON Schema" text={JSON.stringify(schema)} />,
          },
          {
            key: 'example',
            title: 'Example',
            content: <Examples example={example} previous={previous_example} />,
          },
        ]}
      />
    </div>
  );
};

const NoSchema = () => (
  <p className="quiet">Without a schema, every JSON object is accepted. Edit the type to add one.</p>
);

interface ExamplesProps {
  readonly example: object | null;
  readonly previous: object | null;
}

const Examples = ({ example, previous }: ExamplesProps) => (
  <div className="stack">
    {example === null ? (
      <p className="quiet">Without an example, test events have data that is generated from the schema.</p>
    ) : (
      <Body label="Example" text={JSON.stringify(example)} />
    )}
    {previous === null ? null : <Body label="Data before the change" text={JSON.stringify(previous)} />}
  </div>
);
