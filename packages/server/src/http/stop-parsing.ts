/** Node's parser of a connection, which its types do not show. */
interface Parser {
  onIncoming: (...request: readonly unknown[]) => number;
}

interface Connection {
  readonly destroyed: boolean;
  readonly parser?: Parser | null;
}

/** llhttp stops after the head of a request for which its listener returns this. */
const STOP = 2;

/**
 * Lets the parser of a connection stop when that is destroyed. Node would parse the rest of the 64 KiB that it has read:
 * with small requests, 20 ms for each connection. `onIncoming` is not documented; without it, only this time is lost.
 */
export const stopParsingWhenDestroyed = (connection: Connection): void => {
  const { parser } = connection;
  if (typeof parser?.onIncoming !== 'function') return;
  const onIncoming = parser.onIncoming.bind(parser);
  parser.onIncoming = (...request) => (connection.destroyed ? STOP : onIncoming(...request));
};
