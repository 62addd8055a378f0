import type { SendResult } from '@bellwire/client';
import { failure } from '../frame/command-error.ts';
import type { Out } from '../frame/out.ts';

/** Prints the result of an attempt. @throws CommandError with exit code 1 unless it succeeded */
export const printSendResult = (out: Out, result: SendResult): void => {
  const { success, message, delivery_id } = result;
  out.print(result, () => `${success ? `${message}: ` : ''}${delivery_id}`);
  out.note(`See the request and the response with: bellwire deliveries get ${delivery_id}`);
  if (!success) throw failure(message);
};
