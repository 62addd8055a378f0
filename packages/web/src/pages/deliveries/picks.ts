import { useCallback, useState } from 'react';

/** At most as many ids as the API takes. */
const MAX_PICKED = 1_000;

/** The deliveries that are marked for a recovery. */
export interface Picks {
  readonly picked: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
  readonly clear: () => void;
}

const NONE: ReadonlySet<string> = new Set();

export const usePicks = (): Picks => {
  const [picked, setPicked] = useState(NONE);
  const toggle = useCallback((id: string) => {
    setPicked((before) => {
      const after = new Set(before);
      if (!after.delete(id) && after.size < MAX_PICKED) after.add(id);
      return after;
    });
  }, []);
  const clear = useCallback(() => setPicked(NONE), []);
  return { picked, toggle, clear };
};
