import type { Hook } from '@bellwire/client';
import { useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useFilters } from '../../../data/address.ts';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Empty } from '../../../design/empty.tsx';
import { Grid } from '../../../design/grid.tsx';
import { useArea } from '../../../shell/area.ts';
import { Page } from '../../../shell/page.tsx';
import { useWords } from '../../../words/words.ts';
import { Filter } from '../../deliveries/filter-bar.tsx';
import { HOOKS_LOADED, useHookList } from '../../deliveries/hook-names.ts';
import { useForm } from '../form/form-of.ts';
import { useUsualDialect } from '../form/use-usual-dialect.ts';
import { hookStates, matchesHook } from '../hook-state.ts';
import { hookColumns, narrowHookRow } from './hook-columns.tsx';
import { HookSearch } from './hook-search.tsx';
import './webhooks-page.css';

const NONE: readonly Hook[] = [];

/** Leads to the form, in the words of the workspace's dialect. */
const AddLink = () => {
  const dialect = useUsualDialect();
  const form = useForm(dialect ?? '');
  const { read_only } = useArea();
  if (dialect === null || read_only) return null;
  return (
    <Link href="/webhooks/new" className="button button-primary">
      {form.title}
    </Link>
  );
};

/** The webhooks of the workspace with their state and their last day. */
export const WebhooksPage = () => {
  const words = useWords();
  const [filters, change] = useFilters();
  const [, navigate] = useLocation();
  const [selected, setSelected] = useState<string | null>(null);
  const { data, error, isPending, refetch } = useHookList();
  const hooks = data ?? NONE;
  const { status, q: text } = filters;
  const shown = useMemo(
    () => hooks.filter((hook) => matchesHook(hook, { status, text })),
    [hooks, status, text],
  );
  const { is_portal } = useArea();
  const hasTenants = !is_portal && hooks.some(({ tenant }) => tenant !== null);
  const columns = useMemo(() => hookColumns(words, hasTenants), [words, hasTenants]);
  const { states } = words.webhooks;
  return (
    <Page
      title={words.webhooks.title}
      fills
      tools={
        <div className="filters list-tools">
          <HookSearch text={text ?? ''} onChange={(q) => change({ q })} />
          <Filter
            label={words.webhooks.status}
            value={status}
            options={hookStates.map((state) => [state, states[state]])}
            onChange={(value) => change({ status: value })}
          />
        </div>
      }
      actions={hooks.length === 0 ? undefined : <AddLink />}
    >
      <Failure error={error} onRetry={() => void refetch()} />
      {hooks.length < HOOKS_LOADED ? null : (
        <p className="list-note quiet">{words.webhooks.first_thousand}</p>
      )}
      <Grid
        label={words.webhooks.title}
        rows={shown}
        columns={columns}
        keyOf={({ id }) => id}
        selected={selected}
        onSelect={setSelected}
        onOpen={(id) => navigate(`/webhooks/${id}`)}
        narrowRow={narrowHookRow(words)}
        empty={
          <NoHooks
            is_loading={isPending}
            is_filtered={hooks.length > 0}
            onClear={() => change({ status: null, q: null })}
          />
        }
      />
    </Page>
  );
};

interface NoHooksProps {
  readonly is_loading: boolean;
  readonly is_filtered: boolean;
  readonly onClear: () => void;
}

const NoHooks = ({ is_loading, is_filtered, onClear }: NoHooksProps) => {
  const words = useWords().webhooks;
  if (is_loading) return <Empty title={words.loading} />;
  if (is_filtered)
    return (
      <Empty title={words.no_match_title}>
        {words.no_match}
        <Button onClick={onClear}>{words.clear}</Button>
      </Empty>
    );
  return (
    <Empty title={words.none_title}>
      {words.none}
      <AddLink />
    </Empty>
  );
};
