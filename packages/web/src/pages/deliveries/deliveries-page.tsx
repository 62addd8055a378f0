import { type ReactNode, useMemo } from 'react';
import { useLocation, useParams, useSearch } from 'wouter';
import { type Filters, useFilters } from '../../data/address.ts';
import { Failure } from '../../data/errors.tsx';
import { useLive } from '../../data/live.tsx';
import { Button } from '../../design/button.tsx';
import { Empty } from '../../design/empty.tsx';
import { Grid } from '../../design/grid.tsx';
import { Mark } from '../../design/mark.tsx';
import { useNarrow } from '../../design/media.ts';
import { useArea } from '../../shell/area.ts';
import { Page } from '../../shell/page.tsx';
import { useWords } from '../../words/words.ts';
import { columnsOf, narrowRowOf } from './columns.tsx';
import { DeliveryDetail } from './delivery-detail.tsx';
import { FilterBar } from './filter-bar.tsx';
import { FILTER_NAMES, hasFilters, toQuery } from './filters.ts';
import { useNames } from './hook-names.ts';
import { type Picks, usePicks } from './picks.ts';
import { RecoverMany } from './recover-many.tsx';
import { type DeliveryList, useDeliveries } from './use-deliveries.ts';
import './deliveries-page.css';

const LiveState = ({ list }: { readonly list: DeliveryList }) => {
  const words = useWords();
  const { connected } = useLive();
  return connected ? (
    <Mark tone="ok" word={words.deliveries.live(list.per_minute)} />
  ) : (
    <Mark tone="warn" word={words.deliveries.not_live} />
  );
};

type Change = (changes: Readonly<Record<string, string | null>>) => void;

/** The list of deliveries, and beside it the one that the address names. */
export const DeliveriesPage = () => {
  const words = useWords();
  const [filters, change] = useFilters();
  const search = useSearch();
  const [, navigate] = useLocation();
  const { id = null } = useParams();
  const narrow = useNarrow();
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the time range moves with the address only
  const query = useMemo(() => toQuery(filters, Date.now()), [search]);
  const list = useDeliveries(query);
  const nameOf = useNames();
  const picks = usePicks();
  const go = (path: string, replace: boolean): void => {
    const params = new URLSearchParams(search);
    // It is one of the delivery that is left.
    params.delete('attempt');
    navigate(params.size === 0 ? path : `${path}?${params}`, { replace });
  };
  const detail =
    id === null ? null : (
      <DeliveryDetail key={id} id={id} nameOf={nameOf} onClose={() => go('/deliveries', false)} />
    );
  if (narrow && detail !== null) return detail;
  return (
    <Page
      title={words.deliveries.title}
      fills
      tools={<FilterBar filters={filters} change={change} />}
      actions={
        <>
          <RecoverMany query={query} picked={picks.picked} onClear={picks.clear} />
          <LiveState list={list} />
        </>
      }
    >
      <div className="deliveries">
        <DeliveryGrid
          list={list}
          picks={picks}
          selected={id}
          onSelect={(key) => go(`/deliveries/${key}`, id !== null)}
          empty={<NoDeliveries is_loading={list.is_loading} filters={filters} change={change} />}
        />
        {detail}
      </div>
    </Page>
  );
};

interface DeliveryGridProps {
  readonly list: DeliveryList;
  readonly picks: Picks;
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
  readonly empty: ReactNode;
}

const DeliveryGrid = ({ list, picks, selected, onSelect, empty }: DeliveryGridProps) => {
  const words = useWords();
  const { read_only } = useArea();
  const nameOf = useNames();
  const columns = useMemo(() => columnsOf(words, nameOf), [words, nameOf]);
  return (
    <div className="deliveries-list">
      <Failure error={list.error} onRetry={list.reload} />
      {list.waiting === 0 ? null : (
        <Button className="new-rows" onClick={list.reload}>
          {words.deliveries.new_rows(list.waiting)}
        </Button>
      )}
      <Grid
        label={words.deliveries.title}
        rows={list.rows}
        columns={columns}
        keyOf={({ id }) => id}
        selected={selected}
        onSelect={onSelect}
        {...(read_only ? {} : { picked: picks.picked, onPick: picks.toggle })}
        pickLabel={words.deliveries.pick}
        onEnd={list.more}
        onTop={list.setAtTop}
        narrowRow={narrowRowOf(words, nameOf)}
        empty={empty}
      />
    </div>
  );
};

interface NoDeliveriesProps {
  readonly is_loading: boolean;
  readonly filters: Filters;
  readonly change: Change;
}

const NO_FILTERS = Object.fromEntries(FILTER_NAMES.map((name) => [name, null]));

const NoDeliveries = ({ is_loading, filters, change }: NoDeliveriesProps) => {
  const words = useWords().deliveries;
  if (is_loading) return <Empty title={words.loading} />;
  if (!hasFilters(filters)) return <Empty title={words.none_title}>{words.none}</Empty>;
  return (
    <Empty title={words.no_match_title}>
      {words.no_match}
      <Button onClick={() => change(NO_FILTERS)}>{words.clear}</Button>
    </Empty>
  );
};
