import type { Hook } from '@bellwire/client';
import { Link, useParams } from 'wouter';
import { useFilters } from '../../../data/address.ts';
import { Failure } from '../../../data/errors.tsx';
import { Tabs } from '../../../design/tabs.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useArea } from '../../../shell/area.ts';
import { Page } from '../../../shell/page.tsx';
import { useWords } from '../../../words/words.ts';
import { HookMark } from '../hook-mark.tsx';
import { ReceiverTab } from '../receiver/receiver-tab.tsx';
import { HookSwitch } from './hook-switch.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { SettingsTab } from './settings-tab.tsx';
import { SigningTab } from './signing-tab.tsx';
import { TestTab } from './test-tab.tsx';
import { useHook } from './use-hook.ts';
import './hook-page.css';

/** One webhook: its state, health, tests, secrets and settings. */
export const HookPage = () => {
  const { id = '' } = useParams();
  const words = useWords();
  const { data, error, refetch } = useHook(id);
  return (
    <Page
      title={data === undefined ? words.webhooks.title : data.name}
      tools={data === undefined ? undefined : <HookMark hook={data} />}
      actions={data === undefined ? undefined : <Actions hook={data} />}
    >
      <Failure error={error} onRetry={() => void refetch()} />
      {data === undefined ? null : <Loaded key={data.id} hook={data} />}
    </Page>
  );
};

const Actions = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const { read_only } = useArea();
  if (read_only) return null;
  return (
    <>
      <HookSwitch hook={hook} />
      <Link className="button" href={`/webhooks/${hook.id}/edit`}>
        {words.edit}
      </Link>
    </>
  );
};

const Loaded = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook;
  const { read_only } = useArea();
  const [filters, change] = useFilters();
  return (
    <div className="hook">
      <p className="hook-url mono break" title={visibleText(hook.url)}>
        <span className="quiet">{hook.method}</span> {visibleText(hook.url)}
      </p>
      <Tabs
        label={visibleText(hook.name)}
        selected={filters['tab'] ?? 'overview'}
        onSelect={(tab) => change({ tab: tab === 'overview' ? null : tab })}
        tabs={[
          { key: 'overview', title: words.tabs.overview, content: <OverviewTab hook={hook} /> },
          // A test sends a request.
          ...(read_only ? [] : [{ key: 'test', title: words.tabs.test, content: <TestTab hook={hook} /> }]),
          { key: 'signing', title: words.tabs.signing, content: <SigningTab hook={hook} /> },
          { key: 'receiver', title: words.tabs.receiver, content: <ReceiverTab hook={hook} /> },
          { key: 'settings', title: words.tabs.settings, content: <SettingsTab hook={hook} /> },
        ]}
      />
    </div>
  );
};
