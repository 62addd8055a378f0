import { toJsonSchema } from '../../rpc/json-schema.ts';
import { DEFAULT_WORKSPACE } from '../../rpc/trpc.ts';
import { errorView } from '../../rpc/views/error.ts';
import type { RestRoute } from '../routes.ts';
import { createErrorAnswers } from './errors.ts';
import { nounOf, NOUNS } from './nouns.ts';
import { namedIn, operationOf } from './operation.ts';
import { PROCESS_PATHS } from './process-paths.ts';
import type { OpenApi, Parameter, PathItem, Schemas } from './types.ts';

const DESCRIPTION = `Bellwire sends webhooks: it signs, delivers, retries and records them.

Every call takes \`Authorization: Bearer <key>\`. Bodies are JSON and say so with \`Content-Type: application/json\`. The same paths stand under \`/v1\` and under \`/api/v1\`.

Fields are in snake_case. Times are ISO 8601. Lists are \`{ "data": […], "next_cursor": … }\`, the newest first unless said otherwise. Unknown fields of a request are refused; answers can gain fields.

Errors are \`{ "error": { "code", "message", "issues"? } }\`. A known path with another method is 405 \`method_not_allowed\`.

For senders that come from elsewhere a body or query may say \`target_url\` or \`callback_url\` for \`url\`, and \`webhook_id\` for \`hook_id\`.`;

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  Workspace: {
    name: 'Bellwire-Workspace',
    in: 'header',
    required: false,
    description: `The workspace of this call, for an admin key: the id of one; \`${DEFAULT_WORKSPACE}\` when absent. Any other key has its own.`,
    schema: { type: 'string' },
    example: DEFAULT_WORKSPACE,
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'The same as the field `idempotency_key`. Where both are given they must be equal.',
    schema: { type: 'string', minLength: 1, maxLength: 256, pattern: String.raw`^[\x20-\x7e]+$` },
    example: 'order-1042-created',
  },
};

const VERBS = ['create', 'send', 'sendBatch', 'put', 'list', 'get', 'update', 'delete'];

/** Noun by noun; of each what makes one comes first, then what finds it, changes it and ends it. */
const inReadingOrder = (routes: readonly RestRoute[]): readonly RestRoute[] => {
  const nouns = Object.keys(NOUNS);
  const placeOf = ({ name }: RestRoute): number => {
    const verb = VERBS.indexOf(name.slice(name.indexOf('.') + 1));
    return nouns.indexOf(nounOf(name)) * 100 + (verb === -1 ? VERBS.length : verb);
  };
  return routes.toSorted((a, b) => placeOf(a) - placeOf(b));
};

/** The REST surface as an OpenAPI document, from nothing but the routes. */
export const createOpenApi = (routes: readonly RestRoute[]): OpenApi => {
  const schemas: Schemas = Object.assign({}, toJsonSchema(errorView, 'output').named, ...routes.map(namedIn));
  const errors = createErrorAnswers();
  const paths: Record<string, PathItem> = {};
  for (const rest of inReadingOrder(routes)) {
    const { responses, ...operation } = operationOf(rest, schemas);
    paths[rest.route.path] = {
      ...paths[rest.route.path],
      [rest.route.method.toLowerCase()]: {
        ...operation,
        responses: { ...responses, ...errors.of(rest) },
      },
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Bellwire',
      version: 'v1',
      summary: 'Webhooks for TypeScript teams.',
      description: DESCRIPTION,
    },
    servers: [
      { url: '/v1', description: 'This server.' },
      { url: '/api/v1', description: 'The same.' },
    ],
    tags: Object.entries(NOUNS).map(([name, description]) => ({ name, description })),
    paths: { ...paths, ...PROCESS_PATHS },
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))),
      parameters: PARAMETERS,
      responses: errors.responses(),
      securitySchemes: {
        api_key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key. Its scope is `admin` (everything), `workspace` (everything in one workspace) or `send` (only sending events, in one).',
        },
      },
    },
  };
};
