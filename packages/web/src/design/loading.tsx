import { useEffect, useState } from 'react';

/** Most answers arrive sooner: words that appear and vanish at once would only flicker. */
const PATIENCE_MS = 200;

/** Words for a person who waits; nothing for the first moment. */
export const Loading = ({ what }: { readonly what: string }) => {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="quiet" role="status">
      {shown ? `Loading ${what}…` : null}
    </p>
  );
};
