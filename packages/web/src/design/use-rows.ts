import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { GridProps } from './grid.tsx';

const OVERSCAN = 10;
/** Rows before the end at which the next page is loaded: a held key moves through these in about a second. */
const AHEAD = 40;

/** The rows of a grid that are in the document, and the events of its scrolling. */
export const useRows = <Row>(
  { rows, onEnd, onTop }: Pick<GridProps<Row>, 'rows' | 'onEnd' | 'onTop'>,
  height: number,
) => {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
  });
  useEffect(() => virtual.measure(), [height, virtual]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= rows.length - AHEAD) onEnd?.();
  }, [last, rows.length, onEnd]);
  const onScroll = (): void => onTop?.((scroller.current?.scrollTop ?? 0) < height);
  return { scroller, virtual, items, onScroll };
};
