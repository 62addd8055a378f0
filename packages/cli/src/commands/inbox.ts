import { setTimeout as delay } from 'node:timers/promises';
import { failure, noAnswer } from '../frame/command-error.ts';
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

/** The one that the first start makes a hook to. */
const FIRST = 'first';
const EVERY_MS = 500;
const PATIENCE_MS = 10_000;

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
      signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), unread]),
    });
  } catch (thrown) {
    throw noAnswer(
      `${url} gave no answer (${reasonOf(thrown)}). Check the url, and that Bellwire runs there.`,
      thrown,
    );
  }
};

const read = async (url: string, unread: AbortSignal): Promise<readonly Entry[]> => {
  const response = await request(url, unread);
  if (response.status === 404) {
    throw failure(
      `There is no inbox at ${url}. The server has one when it is started with --local or --inbox true; names are small letters, digits and dashes.`,
    );
  }
  try {
    const { data } = (await response.json()) as { readonly data: readonly Entry[] };
    if (Array.isArray(data)) return data;
  } catch (thrown) {
    if (unread.aborted) throw thrown;
  }
  throw noAnswer(
    `${url} answered ${response.status} with something that is no inbox of Bellwire. Check the url.`,
  );
};

/** Those of `now` that came after `before`; both have the newest first, and old ones fall out at the end. */
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
    for (const entry of newOnes(entries, seen).toReversed()) out.next(entry, print);
    seen = entries;
    await delay(EVERY_MS, undefined, { signal: shell.unread });
  }
};

/** `bellwire inbox` */
export const inbox: Verb = {
  usage: 'inbox [name]',
  about: "Show what the server's built-in inbox got, the newest last.",
  more: 'It needs no API key. With --json the newest stands first, as the server answers; with --follow each is one line.',
  arguments: { name: 'the inbox at /inbox/<name> (first)' },
  flags: [
    { flags: '--follow', about: 'go on showing what comes, until Ctrl-C' },
    { flags: '--headers', about: 'show the headers too' },
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
    out.answer({ data }, (_, style) =>
      data
        .toReversed()
        .map((entry) => print(entry, style))
        .join('\n\n'),
    );
    if (data.length === 0) out.note('Nothing came here yet.');
  },
};
