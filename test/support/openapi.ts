import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../packages/server/src/core/json.ts';
import type {
  Answer as DocumentedAnswer,
  Method,
  OpenApi,
  Operation,
  Parameter,
  Reference,
} from '../../packages/server/src/http/openapi/types.ts';
import { closed } from './closed-schema.ts';
import type { Answer } from './running-server.ts';

export interface DocumentedOperation {
  readonly name: string;
  readonly method: Method;
  /** With the prefix of its server: `/v1/events/{event_id}`. */
  readonly path: string;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
}

const METHODS: readonly Method[] = ['get', 'post', 'put', 'patch', 'delete'];

/** What a `$ref` within the document points to; anything else as it is. */
const follow = <T extends object>(document: OpenApi, value: T | Reference): T => {
  if (!('$ref' in value)) return value;
  const found = value.$ref
    .slice(2)
    .split('/')
    .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], document);
  if (found === undefined) throw new Error(`${value.$ref} leads nowhere`);
  return found as T;
};

/** Every operation of the document. */
export const operationsIn = (document: OpenApi): readonly DocumentedOperation[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const [server = document.servers[0]!] = item.servers ?? [];
      return [
        {
          name: operation.operationId,
          method,
          path: server.url.replace(/\/$/, '') + path,
          operation,
          parameters: (operation.parameters ?? []).map((one) => follow<Parameter>(document, one)),
        },
      ];
    }),
  );

/** The answer that the document has for a status; undefined when it has none. */
export const answerFor = (
  document: OpenApi,
  { responses }: Operation,
  status: number,
): DocumentedAnswer | undefined => {
  const answer = responses[status];
  return answer === undefined ? undefined : follow<DocumentedAnswer>(document, answer);
};

export interface DocumentJudge {
  /** Compiles a schema of the document as it stands; throws for one that says something unknown. */
  readonly compile: (schema: JsonObject) => ValidateFunction;
  /** Everything in which an answer is not what the document says; a field that it does not name is one. */
  readonly judge: (documented: DocumentedAnswer, answer: Answer) => readonly string[];
}

const typeOf = (answer: Answer): string | undefined => {
  const type = answer.headers['content-type'];
  return typeof type === 'string' ? type.split(';', 1)[0]! : undefined;
};

/** Compiles schemas that refer to those with a name. */
const ajvOf = (named: Record<string, JsonObject>) => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.addKeyword('components');
  return (schema: JsonObject) => ajv.compile({ ...schema, components: { schemas: named } });
};

/** Judges by Ajv (draft 2020-12, strict), with the formats. */
export const createDocumentJudge = (document: OpenApi): DocumentJudge => {
  const { schemas } = document.components;
  const compile = ajvOf(schemas);
  const compileClosed = ajvOf(
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closed(schema)])),
  );
  const compiled = new Map<JsonObject, ValidateFunction>();
  const validatorOf = (schema: JsonObject): ValidateFunction => {
    const known = compiled.get(schema) ?? compileClosed(closed(schema));
    compiled.set(schema, known);
    return known;
  };

  const checkBody = (schema: JsonObject, value: unknown): readonly string[] => {
    const validate = validatorOf(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  };

  return {
    compile,
    judge: (documented, answer) => {
      const missing = Object.keys(documented.headers ?? {})
        .filter((name) => answer.headers[name.toLowerCase()] === undefined)
        // Only the errors that a wait helps against have one.
        .filter((name) => name !== 'Retry-After')
        .map((name) => `there is no header ${name}`);
      const { content } = documented;
      if (content === undefined) return answer.text === '' ? missing : [...missing, 'has a body'];
      const type = typeOf(answer) ?? '';
      const said = content[type];
      if (said === undefined) return [...missing, `has the content type "${type}"`];
      if (type !== 'application/json') return missing;
      const { code } = answer.body.error ?? {};
      const known = said.examples === undefined || Object.hasOwn(said.examples, code ?? '');
      return [
        ...missing,
        ...(known ? [] : [`has the error code ${code}`]),
        ...checkBody(said.schema, JSON.parse(answer.text)),
      ];
    },
  };
};
