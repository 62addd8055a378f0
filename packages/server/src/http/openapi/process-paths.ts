import type { Json } from '../../core/json.ts';
import type { Answer, Operation, PathItem, Reference } from './types.ts';

interface Said {
  readonly about: string;
  readonly type: string;
  readonly example: Json;
}

const answer = (said: Said | Reference): Answer | Reference => {
  if ('$ref' in said) return said;
  const { about, type, example } = said;
  const schema =
    typeof example === 'string' ? { type: 'string' } : { type: 'object', additionalProperties: true };
  return { description: about, content: { [type]: { schema, example } } };
};

const path = (
  name: string,
  text: Pick<Operation, 'summary' | 'description'>,
  said: Readonly<Record<string, Said | Reference>>,
): PathItem => ({
  servers: [{ url: '/' }],
  get: {
    operationId: `process.${name}`,
    tags: ['process'],
    ...text,
    security: [],
    responses: Object.fromEntries(Object.entries(said).map(([status, one]) => [status, answer(one)])),
  },
});

const text = (about: string, example: string): Said => ({ about, type: 'text/plain', example });

/** What stands beside the API, at the root. */
export const PROCESS_PATHS: Readonly<Record<string, PathItem>> = {
  '/healthz': path(
    'health',
    { summary: 'Is the process alive', description: 'Answers as long as the process runs.' },
    { '200': text('It is.', 'ok\n') },
  ),
  '/readyz': path(
    'ready',
    {
      summary: 'Does the server take calls',
      description: 'For load balancers: 503 while starting and stopping.',
    },
    { '200': text('It does.', 'ready\n'), '503': text('Not now.', 'not ready\n') },
  ),
  '/metrics': path(
    'metrics',
    { summary: 'Read the metrics', description: 'What was done and what is to be done, for Prometheus.' },
    {
      '200': text(
        'Prometheus text.',
        '# HELP bellwire_events_accepted_total Events accepted since the start.\n# TYPE bellwire_events_accepted_total counter\nbellwire_events_accepted_total 1042\n',
      ),
      '500': { $ref: '#/components/responses/Internal' },
    },
  ),
  '/openapi.json': path(
    'openapi',
    { summary: 'Read this document', description: 'OpenAPI 3.1. Has an `ETag`, so that it is fetched once.' },
    {
      '200': {
        about: 'This document.',
        type: 'application/json',
        example: { openapi: '3.1.1', info: { title: 'Bellwire', version: 'v1' } },
      },
    },
  ),
  '/docs': path(
    'docs',
    {
      summary: 'Read it as a page',
      description: 'This document for people: one page that needs nothing else.',
    },
    { '200': { about: 'The page.', type: 'text/html', example: '<!doctype html>' } },
  ),
};
