import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { GridRow } from './grid-row.tsx';
import { useNarrow } from './media.ts';
import { useRows } from './use-rows.ts';
import './grid.css';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** A CSS grid track, such as `7rem` or `minmax(0, 1fr)`. */
  readonly width: string;
  readonly is_number?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

export interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** The row of a narrow page: two lines. */
  readonly narrowRow: (row: Row) => ReactNode;
  readonly selected: string | null;
  readonly onSelect: (key: string) => void;
  /** Opens the selected row, where selecting alone does not. */
  readonly onOpen?: (key: string) => void;
  /** The keys of the rows that are marked for an action; absent where none can be. */
  readonly picked?: ReadonlySet<string>;
  /** The name of the checkbox of a row. */
  readonly pickLabel?: string;
  /** Marks a row, or removes its mark. */
  readonly onPick?: (key: string) => void;
  /** Called when the last rows come into view; absent when everything is loaded. */
  readonly onEnd?: (() => void) | undefined;
  /** Called when the list is scrolled away from its top, or back to it. */
  readonly onTop?: (is_at_top: boolean) => void;
  readonly empty: ReactNode;
}

const ROW_PX = 32;
const NARROW_ROW_PX = 56;

const STEPS: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowDown: (index, last) => Math.min(last, index + 1),
  ArrowUp: (index) => Math.max(0, index - 1),
  PageDown: (index, last) => Math.min(last, index + 20),
  PageUp: (index) => Math.max(0, index - 20),
  Home: () => 0,
  End: (_, last) => last,
};

/** The index of the row to which a key moves; null for another key. */
const stepFrom = <Row,>({ rows, keyOf, selected }: GridProps<Row>, key: string): number | null => {
  const step = STEPS[key];
  if (step === undefined || rows.length === 0) return null;
  const at = rows.findIndex((row) => keyOf(row) === selected);
  return at === -1 ? 0 : step(at, rows.length - 1);
};

/** Selections by keys that are not shown yet: a navigation can take longer than the next key press. */
const useSelection = (selected: string | null, onSelect: (key: string) => void) => {
  const asked = useRef<readonly string[]>([]);
  useEffect(() => {
    const at = selected === null ? -1 : asked.current.indexOf(selected);
    asked.current = at === -1 ? [] : asked.current.slice(at + 1);
  }, [selected]);
  const latest = (): string | null => asked.current.at(-1) ?? selected;
  const select = (key: string): void => {
    if (key === latest()) return;
    asked.current = [...asked.current, key];
    onSelect(key);
  };
  return { latest, select };
};

/**
 * A list of any length with one tab stop: the arrow keys select, Enter opens. Only the visible rows are in the
 * document.
 */
export const Grid = <Row,>(props: GridProps<Row>) => {
  const { label, rows, columns, keyOf, selected, onSelect, onOpen } = props;
  const narrow = useNarrow();
  const height = narrow ? NARROW_ROW_PX : ROW_PX;
  const { scroller, virtual, items, onScroll } = useRows(props, height);
  const id = useId();
  const tracks = columns.map(({ width }) => width).join(' ');
  const template = props.onPick === undefined ? tracks : `1rem ${tracks}`;

  const { latest, select } = useSelection(selected, onSelect);
  const onKeyDown = (event: KeyboardEvent): void => {
    const current = latest();
    if (event.key === 'Enter' && current !== null) (onOpen ?? onSelect)(current);
    if (event.key === 'x' && current !== null) props.onPick?.(current);
    const next = stepFrom({ ...props, selected: current }, event.key);
    const row = next === null ? undefined : rows[next];
    if (next === null || row === undefined) return;
    event.preventDefault();
    virtual.scrollToIndex(next);
    select(keyOf(row));
  };

  return (
    <div className="grid">
      {narrow ? null : (
        <GridHead columns={columns} template={template} can_pick={props.onPick !== undefined} />
      )}
      <div
        ref={scroller}
        className="grid-scroll"
        role="grid"
        aria-label={label}
        aria-rowcount={props.onEnd === undefined ? rows.length : -1}
        aria-activedescendant={selected === null ? undefined : `${id}-${selected}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={onScroll}
      >
        {rows.length === 0 ? <EmptyRow>{props.empty}</EmptyRow> : null}
        <div role="presentation" className="grid-space" style={{ height: `${virtual.getTotalSize()}px` }}>
          {items.map(({ index, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <GridRow
                key={keyOf(row)}
                grid={props}
                row={row}
                place={{
                  id: `${id}-${keyOf(row)}`,
                  index,
                  start,
                  height,
                  template: narrow ? null : template,
                }}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
};

const EmptyRow = ({ children }: { readonly children: ReactNode }) => (
  <div role="row">
    <div role="gridcell">{children}</div>
  </div>
);

interface GridHeadProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly template: string;
  readonly can_pick: boolean;
}

const GridHead = <Row,>({ columns, template, can_pick }: GridHeadProps<Row>) => (
  <div className="grid-head" style={{ gridTemplateColumns: template }} aria-hidden="true">
    {can_pick ? <span /> : null}
    {columns.map(({ key, title, is_number = false }) => (
      <span key={key} className={is_number ? 'number cut' : 'cut'}>
        {title}
      </span>
    ))}
  </div>
);

/** A row of a narrow page: a title and a state, and below them a detail and a time. */
export const TwoLines = (props: Readonly<Record<'title' | 'state' | 'detail' | 'time', ReactNode>>) => (
  <>
    <span className="two-line">
      <span className="cut">{props.title}</span>
      <span>{props.state}</span>
    </span>
    <span className="two-line quiet">
      <span className="cut">{props.detail}</span>
      <span>{props.time}</span>
    </span>
  </>
);
