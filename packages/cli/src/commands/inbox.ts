import { setTimeout as delay } from 'node:timers/promises';
import { failure, noResponse } from '../frame/command-error.ts';
import type { Session, Verb } from '../frame/verb.ts';
import { printable, printableLines } from '../print/printable.ts';
import { colourOf, paint, type Style } from '../print/style.ts';

interface Entry {
  readonly received_at: string;
  readonly method: string;
  readonly signature: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Fields {
  readonly name?: string;
  readonly follow?: boolean;
  readonly headers?: boolean;
}

/** The inbox of the hook that the first start creates. */
const FIRST = 'first';
const POLL_MS = 500;
const TIMEOUT_MS = 10_000;

const reasonOf = (thrown: unknown): string => {
  const { cause = thrown } = thrown as { readonly cause?: unknown };
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  return code ?? message ?? String(cause);
};

const request = async (url: string, unread: AbortSignal): Promise<Response> => {
  try {
    return await fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), unread]),
    });
  } catch (thrown) {
    throw noResponse(
      `${url} did not respond (${reasonOf(thrown)}). Check the URL and that Bellwire is running.`,
      thrown,
    );
  }
};

const read = async (url: string, unread: AbortSignal): Promise<readonly Entry[]> => {
  const response = await request(url, unread);
  if (response.status === 404) {
    throw failure(
      `There is no inbox at ${url}. Start the server with --local or --inbox true; names consist of lower-case letters, digits and dashes.`,
    );
  }
  try {
    const { data } = (await response.json()) as { readonly data: readonly Entry[] };
    if (Array.isArray(data)) return data;
  } catch (thrown) {
    if (unread.aborted) throw thrown;
  }
  throw noResponse(
    `${url} responded with ${response.status} and a body that is not a Bellwire inbox. Check the URL.`,
  );
};

/** The entries of `now` that are newer than `before`. Both lists are newest first and drop their oldest entries. */
const newOnes = (now: readonly Entry[], before: readonly Entry[]): readonly Entry[] => {
  const [texts, known] = [now, before].map((list) => list.map((entry) => JSON.stringify(entry)));
  const count = now.findIndex((_, at) => texts?.slice(at).every((text, index) => text === known?.[index]));
  return count === -1 ? now : now.slice(0, count);
};

const printEntry = ({ received_at, method, signature, headers, body }: Entry, style: Style): string => {
  const title = `${printable(received_at)}  ${paint(signature, colourOf(signature), style)}  ${printable(method)}`;
  const lines = Object.entries(headers).map(([name, value]) =>
    paint(printable(`${name}: ${value}`), 'dim', style),
  );
  return [title, ...lines, printableLines(body)].join('\n');
};

const follow = async (url: string, { shell, out }: Session, print: typeof printEntry): Promise<void> => {
  let seen: readonly Entry[] = [];
  for (;;) {
    const entries = await read(url, shell.unread);
    for (const entry of newOnes(entries, seen).toReversed()) out.printItem(entry, print);
    seen = entries;
    await delay(POLL_MS, undefined, { signal: shell.unread });
  }
};

/** `bellwire inbox` */
export const inbox: Verb = {
  usage: 'inbox [name]',
  about: "Show the requests in the server's built-in inbox, newest last.",
  more: 'Needs no API key. With --json, the newest is first, as in the API; with --follow, each is one line.',
  arguments: { name: 'the inbox at /inbox/<name> (default: first)' },
  flags: [
    { flags: '--follow', about: 'show new requests until Ctrl-C' },
    { flags: '--headers', about: 'also show the headers' },
  ],
  examples: ['inbox', 'inbox orders --follow'],
  run: async (session: Session, { name = FIRST, follow: is_followed, headers }: Fields) => {
    const { connection, shell, out } = session;
    const url = `${connection.url}/inbox/${encodeURIComponent(name)}`;
    const print = (entry: Entry, style: Style): string =>
      printEntry(headers === true ? entry : { ...entry, headers: {} }, style);
    if (is_followed === true) {
      await follow(url, session, print);
      return;
    }
    const data = await read(url, shell.unread);
    out.print({ data }, (_, style) =>
      data
        .toReversed()
        .map((entry) => print(entry, style))
        .join('\n\n'),
    );
    if (data.length === 0) out.note('The inbox is empty.');
  },
};
