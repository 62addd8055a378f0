import type { Attempt, DeliveryWithAttempts } from '@bellwire/client';
import { holdText } from './explain.ts';
import { printable, printableLines } from '../print/printable.ts';
import { printRecord } from '../print/record.ts';
import { colourOf, paint, type Style } from '../print/style.ts';
import { type Column, printTable } from '../print/table.ts';

const outcomeOf = ({ outcome, outcome_detail }: Attempt): string =>
  outcome_detail === null ? outcome : `${outcome} ${outcome_detail}`;

const columns: readonly Column<Attempt>[] = [
  { title: '#', of: ({ number }) => number },
  { title: 'STARTED', of: ({ started_at }) => started_at },
  { title: 'TRIGGER', of: ({ trigger }) => trigger },
  { title: 'MS', of: ({ duration_ms }) => Math.round(duration_ms) },
  {
    title: 'OUTCOME',
    of: outcomeOf,
    colour: (text) => (text === 'succeeded' ? colourOf('succeeded') : colourOf('failed')),
  },
];

interface Message {
  readonly first_line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const printMessage = ({ first_line, headers, body }: Message, style: Style): string =>
  [
    paint(printable(first_line), 'bold', style),
    ...Object.entries(headers).map(([name, value]) => printable(`${name}: ${value}`)),
    ...(body === null || body === '' ? [] : ['', printableLines(body)]),
  ].join('\n');

/** The request and the response in full. */
const printExchange = ({ request, response }: Attempt, style: Style): readonly string[] => {
  const sent = request && { ...request, first_line: `> ${request.method} ${request.url}` };
  const received = response && {
    ...response,
    first_line: `< ${response.status}`,
    body: response.body_truncated ? `${response.body}…` : response.body,
  };
  return [sent, received].flatMap((message) => (message === null ? [] : [printMessage(message, style)]));
};

/** Prints a delivery with its attempts and the last exchange in full. */
export const printDelivery = ({ attempts, ...delivery }: DeliveryWithAttempts, style: Style): string => {
  const last = attempts.at(-1);
  return [
    printRecord({ ...delivery, waits_for: holdText(delivery) }, style),
    ...(last === undefined ? [] : [printTable(attempts, columns, style), ...printExchange(last, style)]),
  ].join('\n\n');
};
