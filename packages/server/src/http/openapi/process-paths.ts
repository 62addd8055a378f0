import type { Json } from '../../core/json.ts';
import { entryOf } from '../entry.ts';
import type { Answer, Operation, PathItem, Reference } from './types.ts';

interface DocumentedResponse {
  readonly description: string;
  readonly type: string;
  readonly example: Json;
}

const answer = (response: DocumentedResponse | Reference): Answer | Reference => {
  if ('$ref' in response) return response;
  const { description, type, example } = response;
  const schema =
    typeof example === 'string' ? { type: 'string' } : { type: 'object', additionalProperties: true };
  return { description, content: { [type]: { schema, example } } };
};

const path = (
  name: string,
  text: Pick<Operation, 'summary' | 'description'>,
  response: Readonly<Record<string, DocumentedResponse | Reference>>,
): PathItem => ({
  servers: [{ url: '/' }],
  get: {
    operationId: `process.${name}`,
    tags: ['process'],
    ...text,
    security: [],
    responses: Object.fromEntries(Object.entries(response).map(([status, one]) => [status, answer(one)])),
  },
});

const text = (description: string, example: string): DocumentedResponse => ({
  description,
  type: 'text/plain',
  example,
});

/** Paths outside the versioned API, at the root. */
export const PROCESS_PATHS: Readonly<Record<string, PathItem>> = {
  '/v1': path(
    'entry',
    { summary: 'Find the API', description: 'Links to the documentation and to the lists.' },
    { '200': { description: 'The links.', type: 'application/json', example: entryOf('/v1', []) } },
  ),
  '/healthz': path(
    'health',
    { summary: 'Liveness check', description: 'Responds while the process runs.' },
    { '200': text('Alive.', 'ok\n') },
  ),
  '/readyz': path(
    'ready',
    {
      summary: 'Readiness check',
      description:
        'For load balancers. 503 while the server starts or stops. The text names the database and the migrations that its tables have had.',
    },
    {
      '200': text('Ready.', 'ready\ndatabase PostgreSQL 18.1\nmigrations 0001-foundation\n'),
      '503': text('Not ready.', 'not ready\n'),
    },
  ),
  '/metrics': path(
    'metrics',
    { summary: 'Read the metrics', description: 'Counters and gauges in the Prometheus text format.' },
    {
      '200': text(
        'Prometheus text.',
        '# HELP bellwire_deliveries_due Backlog: pending deliveries whose next attempt is due; counted up to 1,000,000.\n# TYPE bellwire_deliveries_due gauge\nbellwire_deliveries_due 12\n',
      ),
      '500': { $ref: '#/components/responses/Internal' },
    },
  ),
  '/openapi.json': path(
    'openapi',
    { summary: 'Read this document', description: 'OpenAPI 3.1. Supports conditional requests with `ETag`.' },
    {
      '200': {
        description: 'This document.',
        type: 'application/json',
        example: { openapi: '3.1.1', info: { title: 'Bellwire', version: 'v1' } },
      },
    },
  ),
  '/docs': path(
    'docs',
    {
      summary: 'Read the documentation',
      description: 'This document as one self-contained HTML page.',
    },
    { '200': { description: 'The documentation page.', type: 'text/html', example: '<!doctype html>' } },
  ),
};
