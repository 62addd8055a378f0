import type { Operation, Parameter } from '../openapi/types.ts';

interface Called {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const ORIGIN = 'http://127.0.0.1:4400';

/** Quotes text for a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The operation as a curl command, with `$KEY` for the API key. */
export const curlOf = ({ method, path, operation }: Called, parameters: readonly Parameter[]): string => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === field);
    return encodeURIComponent(typeof parameter?.example === 'string' ? parameter.example : '');
  });
  const example = operation.requestBody?.content['application/json']?.example;
  const verb =
    method === 'get' || (method === 'post' && example !== undefined) ? '' : ` -X ${method.toUpperCase()}`;
  return [
    `curl -s${verb} ${ORIGIN}${filled}`,
    ...(operation.security.length === 0 ? [] : ['-H "Authorization: Bearer $KEY"']),
    ...(example === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(example, null, 2))}`]),
  ].join(' \\\n  ');
};
