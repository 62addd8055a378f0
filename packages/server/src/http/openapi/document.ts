import { toJsonSchema } from '../../rpc/json-schema.ts';
import { DEFAULT_WORKSPACE } from '../../rpc/trpc.ts';
import { errorView } from '../../rpc/views/error.ts';
import type { RestRoute } from '../routes.ts';
import { createErrorAnswers } from './errors.ts';
import { nounOf, NOUNS } from './nouns.ts';
import { namedIn, operationOf } from './operation.ts';
import { PROCESS_PATHS } from './process-paths.ts';
import { STREAM_ROUTE, withStreamAnswer } from './stream-path.ts';
import type { OpenApi, Parameter, PathItem, Schemas } from './types.ts';

const DESCRIPTION = `Bellwire sends webhooks: it signs, delivers, retries and records them.

Every call takes \`Authorization: Bearer <key>\`. Request bodies are JSON with \`Content-Type: application/json\`. The same paths are available under \`/v1\` and \`/api/v1\`.

Field names are in snake_case. Times are ISO 8601. Lists are \`{ "data": […], "next_cursor": … }\`, newest first by default. Requests with unknown fields are refused; responses can gain fields.

Errors are \`{ "error": { "code", "message", "issues"? } }\`. A known path with an unsupported method is 405 \`method_not_allowed\`.

To ease migration from other services, \`target_url\` and \`callback_url\` are accepted for \`url\`, and \`webhook_id\` for \`hook_id\`, in bodies and queries.`;

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  Workspace: {
    name: 'Bellwire-Workspace',
    in: 'header',
    required: false,
    description: `The id of the workspace, for admin keys. Default: \`${DEFAULT_WORKSPACE}\`. Every other key belongs to one workspace.`,
    schema: { type: 'string' },
    example: DEFAULT_WORKSPACE,
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'Equivalent to the field `idempotency_key`. If both are given, they must be equal.',
    schema: { type: 'string', minLength: 1, maxLength: 256, pattern: String.raw`^[\x20-\x7e]+$` },
    example: 'order-1042-created',
  },
};

const VERBS = ['create', 'send', 'sendBatch', 'put', 'list', 'get', 'update', 'delete'];

/** Sorted by noun, then by verb: create, read, update, delete, and the others. */
const inReadingOrder = (routes: readonly RestRoute[]): readonly RestRoute[] => {
  const nouns = Object.keys(NOUNS);
  const rankOf = ({ name }: RestRoute): number => {
    const verb = VERBS.indexOf(name.slice(name.indexOf('.') + 1));
    return nouns.indexOf(nounOf(name)) * 100 + (verb === -1 ? VERBS.length : verb);
  };
  return routes.toSorted((a, b) => rankOf(a) - rankOf(b));
};

/** Builds the OpenAPI document of the REST API from its routes. */
export const createOpenApi = (procedures: readonly RestRoute[]): OpenApi => {
  const routes = [...procedures, STREAM_ROUTE];
  const schemas: Schemas = Object.assign({}, toJsonSchema(errorView, 'output').named, ...routes.map(namedIn));
  const errors = createErrorAnswers();
  const paths: Record<string, PathItem> = {};
  for (const rest of inReadingOrder(routes)) {
    const { responses, ...operation } = withStreamAnswer(rest, operationOf(rest, schemas));
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
      { url: '/api/v1', description: 'Alias of `/v1`.' },
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
            'An API key. Scopes: `admin` (full access), `workspace` (full access to one workspace) and `send` (may only send events to one workspace).',
        },
      },
    },
  };
};
