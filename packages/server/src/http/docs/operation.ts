import { html } from 'hono/html';
import type { JsonObject } from '../../core/json.ts';
import { nameIn, resolve } from '../openapi/schemas.ts';
import type { Answer, Method, OpenApi, Operation, Parameter } from '../openapi/types.ts';
import { curlOf } from './curl.ts';
import { rowsOf, table, typeOf } from './schema-table.ts';
import { anchorOf, codeBlock, type Html, jsonBlock, line, paragraphs } from './text.ts';

/** The parameter of every call. The page shows it once. */
export const OF_EVERY_CALL = 'Workspace';

/** An operation with its method and path. */
export interface OperationAt {
  readonly method: Method;
  /** Includes the prefix of its server. */
  readonly path: string;
  readonly operation: Operation;
  readonly document: OpenApi;
}

const parameterNamed = (name: string, { components }: OpenApi): readonly Parameter[] => {
  const found = components.parameters[name];
  return found === undefined || name === OF_EVERY_CALL ? [] : [found];
};

const parametersOf = ({ operation, document }: OperationAt): readonly Parameter[] =>
  (operation.parameters ?? []).flatMap((one) =>
    '$ref' in one ? parameterNamed(nameIn(one.$ref), document) : [one],
  );

const answersOf = ({ operation, document }: OperationAt): readonly (readonly [string, Answer])[] =>
  Object.entries(operation.responses).flatMap(([status, one]) => {
    const answer = '$ref' in one ? document.components.responses[nameIn(one.$ref)] : one;
    return answer === undefined ? [] : [[status, answer] as const];
  });

const CAPTIONS = { path: 'In the path', query: 'In the query', header: 'Headers' } as const;

/** A table of the path, query or header parameters. */
export const parameterTable = (place: keyof typeof CAPTIONS, parameters: readonly Parameter[]): Html =>
  table(
    CAPTIONS[place],
    parameters
      .filter((one) => one.in === place)
      .map(({ name, schema, description = '', required }) => ({
        name,
        schema,
        description,
        note: required ? 'required' : '',
      })),
  );

const bodyTable = ({ operation, document }: OperationAt): Html => {
  const schema = operation.requestBody?.content['application/json']?.schema;
  return schema === undefined ? html`` : table('Body', rowsOf(resolve(schema, document.components.schemas)));
};

const isError = (status: string): boolean => Number(status) >= 400;

const errorRows = (answers: readonly (readonly [string, Answer])[]): readonly Html[] =>
  answers
    .filter(([status, { content }]) => isError(status) && content?.['application/json'] !== undefined)
    .flatMap(([status, { description }]) =>
      description.split('\n\n').map(
        (meaning) =>
          html`<tr>
            <th scope="row">${status}</th>
            <td>${line(meaning)}</td>
          </tr>`,
      ),
    );

const errorsOf = (answers: readonly (readonly [string, Answer])[]): Html => {
  const rows = errorRows(answers);
  return rows.length === 0
    ? html``
    : html`<details>
        <summary>Errors</summary>
        <table class="errors">
          <tbody>
            ${rows}
          </tbody>
        </table>
      </details>`;
};

/** A table for responses whose schema has no name. */
const answerTable = (schema: JsonObject | undefined): Html =>
  schema === undefined ? html`` : table('Answer', rowsOf(schema));

const exampleOf = ([status, { content = {}, description }]: readonly [string, Answer]): Html => {
  const [[type, shown] = []] = Object.entries(content);
  const body =
    shown?.example === undefined
      ? html``
      : typeof shown.example === 'string'
        ? codeBlock(shown.example)
        : jsonBlock(shown.example);
  const shape =
    shown === undefined || shown.schema['$ref'] === undefined ? html`` : html` ${typeOf(shown.schema)}`;
  return html`<figure>
    <figcaption>
      <span class="status">${status}</span>${shape} <small>${type ?? description}</small>
    </figcaption>
    ${body}
  </figure>`;
};

/** An operation: description and parameters on one side, examples on the other. */
export const operationArticle = (placed: OperationAt): Html => {
  const { method, path, operation } = placed;
  const parameters = parametersOf(placed);
  const answers = answersOf(placed);
  const good = answers.filter(([status]) => !isError(status));
  const anchor = anchorOf(operation.operationId);
  const [scopes] = operation.security;
  const scope = scopes?.['api_key']?.[0];
  return html`<article id="${anchor}">
    <header>
      <h3><a href="#${anchor}">${operation.summary}</a></h3>
      <p class="where"><span class="method ${method}">${method}</span> <code>${path}</code></p>
    </header>
    <div class="sides">
      <div>
        ${paragraphs(operation.description)}
        <p class="facts">
          RPC
          <code>${operation.operationId}</code>
          ${scope === undefined ? html`· no API key` : html`· API key with the scope <code>${scope}</code>`}
        </p>
        ${(['path', 'query'] as const).map((place) => parameterTable(place, parameters))} ${bodyTable(placed)}
        ${parameterTable('header', parameters)}
        ${good.map(([, { content }]) => answerTable(content?.['application/json']?.schema))}
        ${errorsOf(answers)}
      </div>
      <div class="examples">
        <figure>
          <figcaption>Request</figcaption>
          ${codeBlock(curlOf(placed, parameters))}
        </figure>
        ${good.map(exampleOf)}
      </div>
    </div>
  </article>`;
};
