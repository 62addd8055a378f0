import { isJsonObject } from '../core/json.ts';
import { LIGHT_CHARACTERS } from '../rpc/heavy-turns.ts';

export const MAX_BATCH_CALLS = 100;

/** Characters of the answers of a batch that are kept until all of them are known. */
const KEPT_CHARACTERS_MAX = 1024 * 1024;
/** The status of a batch whose calls have different ones, as tRPC has it. */
const MULTI_STATUS = 207;

const encoder = new TextEncoder();

const requestOf = ({ url, headers, signal }: Request, name: string, input: unknown): Request => {
  const { origin } = new URL(url);
  const inputs = input === undefined ? '' : `&input=${encodeURIComponent(JSON.stringify({ 0: input }))}`;
  return new Request(`${origin}/trpc/${name}?batch=1${inputs}`, { headers, signal });
};

/** The procedures that a request names. */
export const namesIn = ({ url }: Request): readonly string[] =>
  new URL(url).pathname.slice('/trpc/'.length).split(/,|%2C/i);

/** The calls of a batch of queries, as requests of one each; null for any other request, which tRPC can answer whole. */
export const queriesOf = (request: Request): readonly Request[] | null => {
  if (request.method !== 'GET') return null;
  const { searchParams } = new URL(request.url);
  const names = namesIn(request);
  if (searchParams.get('batch') !== '1' || names.length < 2 || names.length > MAX_BATCH_CALLS) return null;
  const inputs: unknown = JSON.parse(searchParams.get('input') || '{}');
  return isJsonObject(inputs) ? names.map((name, n) => requestOf(request, name, inputs[n])) : null;
};

interface Answer {
  readonly response: Response;
  readonly text: string;
}

type AnswerTo = (query: Request) => Promise<Response>;

async function* answersTo(
  queries: readonly Request[],
  answerTo: AnswerTo,
  turn: () => Promise<void>,
): AsyncGenerator<Answer, undefined> {
  let last = '';
  for (const query of queries) {
    if (last.length > LIGHT_CHARACTERS) await turn();
    const response = await answerTo(query);
    // Without the brackets of a batch of one.
    last = (await response.text()).slice(1, -1);
    yield { response, text: last };
  }
}

const textOf = (answers: readonly Answer[]): string => answers.map(({ text }) => text).join(',');

/** The headers of the first error, which can say when to try again. */
const headersOf = (answers: readonly Answer[]): Headers =>
  (answers.find(({ response }) => !response.ok) ?? answers[0])?.response.headers ?? new Headers();

const whole = (answers: readonly Answer[]): Response => {
  const statuses = new Set(answers.map(({ response }) => response.status));
  const [first = MULTI_STATUS] = statuses;
  const status = statuses.size > 1 ? MULTI_STATUS : first;
  return new Response(`[${textOf(answers)}]`, { status, headers: headersOf(answers) });
};

/** The first answers, and then each further one when the client has read those before it. */
const streamed = (first: readonly Answer[], further: AsyncIterator<Answer>): Response => {
  let begun = false;
  const next = async (): Promise<string | null> => {
    if (!begun) {
      begun = true;
      return `[${textOf(first)}`;
    }
    const { done, value } = await further.next();
    return done === true ? null : `,${value.text}`;
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const text = await next();
    controller.enqueue(encoder.encode(text ?? ']'));
    if (text === null) controller.close();
  };
  const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  return new Response(body, { status: MULTI_STATUS, headers: headersOf(first) });
};

/**
 * Answers a batch of queries one after the other. tRPC would make them all at once and write them as one text: 100 pages
 * of 4 MiB would take more than a gigabyte, and block the event loop for seconds. Beyond a mebibyte, each further call
 * waits until the client has read the answers before it.
 */
export const answerInTurn = async (
  queries: readonly Request[],
  answerTo: AnswerTo,
  turn: () => Promise<void>,
): Promise<Response> => {
  const further = answersTo(queries, answerTo, turn);
  const answers: Answer[] = [];
  let characters = 0;
  for (let next = await further.next(); next.done !== true; next = await further.next()) {
    answers.push(next.value);
    characters += next.value.text.length;
    if (characters > KEPT_CHARACTERS_MAX) return streamed(answers, further);
  }
  return whole(answers);
};
