import type { Delivery } from '@bellwire/client';
import { durationText } from '../../design/durations.ts';
import { type Column, TwoLines } from '../../design/grid.tsx';
import { Mark } from '../../design/mark.tsx';
import { Ago } from '../../design/time.tsx';
import type { Words } from '../../words/words.ts';
import { stateOf, toneOf } from './state.ts';
import { visibleText } from '../../design/visible-text.ts';

/** The name of the webhook of a delivery, with its tenant. */
export type NameOf = (delivery: Delivery) => string;

/** The status, or in a word the reason for having none. */
const httpText = (words: Words, { last_status, last_outcome }: Delivery): string =>
  last_status === null
    ? last_outcome === null || last_outcome === 'succeeded'
      ? '–'
      : (words.outcomes[last_outcome as keyof Words['outcomes']] ?? last_outcome)
    : String(last_status);

/** The columns of the list of deliveries. */
export const columnsOf = (words: Words, nameOf: NameOf): readonly Column<Delivery>[] => {
  const { columns } = words.deliveries;
  return [
    {
      key: 'state',
      title: columns.state,
      width: '6.25rem',
      cell: (row) => <Mark tone={toneOf(stateOf(row))} word={words.status[stateOf(row)]} />,
    },
    {
      key: 'event',
      title: columns.event,
      width: 'minmax(5rem, 5fr)',
      cell: (row) => <span title={row.event_type}>{row.event_type}</span>,
    },
    {
      key: 'hook',
      title: columns.hook,
      width: 'minmax(5rem, 6fr)',
      cell: (row) => (
        <span className="quiet" title={row.url === null ? undefined : visibleText(row.url)}>
          {nameOf(row)}
        </span>
      ),
    },
    { key: 'http', title: columns.http, width: '5rem', is_number: true, cell: (row) => httpText(words, row) },
    {
      key: 'took',
      title: columns.took,
      width: '4.5rem',
      is_number: true,
      cell: (row) => (row.last_duration_ms === null ? '–' : durationText(row.last_duration_ms)),
    },
    {
      key: 'ago',
      title: columns.ago,
      width: '4rem',
      is_number: true,
      cell: (row) => <Ago at={row.created_at} />,
    },
  ];
};

/** A delivery as a row of a narrow page. */
export const narrowRowOf = (words: Words, nameOf: NameOf) => (row: Delivery) => (
  <TwoLines
    title={row.event_type}
    state={<Mark tone={toneOf(stateOf(row))} word={words.status[stateOf(row)]} />}
    detail={nameOf(row)}
    time={<Ago at={row.created_at} />}
  />
);
