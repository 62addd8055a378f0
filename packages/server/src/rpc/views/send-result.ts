import { z } from 'zod';
import type { AwaitedSend } from '../../admin/awaited-sends.ts';
import { attemptError } from '../../core/error-text.ts';
import { EXAMPLE } from '../examples.ts';
import { described } from '../fields.ts';
import { attemptView, viewAttempt } from './attempt.ts';

export const sendResultView = z
  .object({
    success: described(z.boolean(), 'Whether the receiver responded with a 2xx status.', true),
    message: described(z.string(), 'The result in words.', 'Test webhook sent'),
    delivery_id: described(z.string(), 'The id of the delivery.', EXAMPLE.delivery_id),
    outcome: described(
      z.string().nullable(),
      'The outcome of the attempt; null if it did not end within the timeout and five seconds. The delivery continues then.',
      'succeeded',
    ),
    response_status: described(z.int().nullable(), 'The HTTP status of the response.', 200),
    attempt: attemptView.nullable().meta({ description: 'The attempt, with its request and response.' }),
  })
  .meta({ id: 'SendResult', description: 'The result of one attempt that the call waited for.' });

const failureOf = ({ attempt }: AwaitedSend): string => {
  if (attempt === null) return 'No result yet: the attempt has not ended. The delivery continues.';
  return attemptError(attempt.outcome, attempt.outcome_detail) ?? '';
};

/** `message` is the one of a success. */
export const viewSendResult = (sent: AwaitedSend, message: string): z.infer<typeof sendResultView> => {
  const { delivery_id, attempt } = sent;
  const success = attempt?.outcome === 'succeeded';
  return {
    success,
    message: success ? message : failureOf(sent),
    delivery_id,
    outcome: attempt?.outcome ?? null,
    response_status: attempt?.response?.status ?? null,
    attempt: attempt === null ? null : viewAttempt(attempt),
  };
};
