import type { GridProps } from './grid.tsx';

interface Place {
  readonly id: string;
  readonly index: number;
  /** The distance from the top of the list, in pixels. */
  readonly start: number;
  readonly height: number;
  /** The grid tracks; null on a narrow page. */
  readonly template: string | null;
}

interface GridRowProps<Row> {
  readonly grid: GridProps<Row>;
  readonly row: Row;
  readonly place: Place;
}

/** One row at its place in the list. */
export const GridRow = <Row,>({ grid, row, place }: GridRowProps<Row>) => {
  const { keyOf, selected, onSelect, onOpen, columns, narrowRow } = grid;
  const { id, index, start, height, template } = place;
  const key = keyOf(row);
  const at = { height: `${height}px`, transform: `translateY(${start}px)` };
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={key === selected}
      className={template === null ? 'grid-row grid-row-narrow' : 'grid-row'}
      style={template === null ? at : { ...at, gridTemplateColumns: template }}
      onClick={() => {
        onSelect(key);
        onOpen?.(key);
      }}
    >
      {template === null ? (
        <div role="gridcell" className="grid-narrow-cell">
          {narrowRow(row)}
        </div>
      ) : (
        <>
          <PickCell grid={grid} name={key} />
          {columns.map(({ key: name, is_number = false, cell }) => (
            <div key={name} role="gridcell" className={is_number ? 'number cut' : 'cut'}>
              {cell(row)}
            </div>
          ))}
        </>
      )}
    </div>
  );
};

interface PickCellProps<Row> {
  readonly grid: GridProps<Row>;
  readonly name: string;
}

/** Marks the row. It is not a tab stop: the key `x` marks the selected row. */
const PickCell = <Row,>({ grid: { picked, onPick, pickLabel = '' }, name }: PickCellProps<Row>) =>
  onPick === undefined ? null : (
    <div role="gridcell">
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={pickLabel}
        checked={picked?.has(name) ?? false}
        onClick={(event) => event.stopPropagation()}
        onChange={() => onPick(name)}
      />
    </div>
  );
