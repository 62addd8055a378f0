import { streamCall } from '../../rpc/stream.ts';
import type { RestRoute } from '../routes.ts';
import type { Operation } from './types.ts';

const { name, meta, path, input, output } = streamCall;

/** The stream, documented like a procedure. */
export const STREAM_ROUTE: RestRoute = {
  name,
  type: 'query',
  meta,
  route: { method: 'GET', path },
  input,
  output,
  in_path: [],
};

const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The `id:` of the last event that you have. The stream continues after it.',
  schema: { type: 'string', maxLength: 64 },
  example: 'mgr2k1d8-42',
} as const;

/** The stream responds with events instead of JSON, and takes a header. Other operations stay as they are. */
export const withStreamAnswer = (rest: RestRoute, operation: Operation): Operation => {
  if (rest !== STREAM_ROUTE) return operation;
  return {
    ...operation,
    parameters: [...(operation.parameters ?? []), LAST_EVENT_ID],
    responses: {
      '200': {
        description: 'Events in the form of `StreamEvent`, until the client disconnects.',
        content: {
          'text/event-stream': {
            schema: { type: 'string' },
            example:
              'id: mgr2k1d8-42\nevent: deliveries_changed\ndata: {"reason":"held","hook_id":null,"tenant":null}\n\n',
          },
        },
      },
    },
  };
};
