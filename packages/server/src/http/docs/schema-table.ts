import { html } from 'hono/html';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { choicesOf, descriptionOf, fieldsOf, nameIn, requiredIn } from '../openapi/schemas.ts';
import { anchorOf, type Html, line } from './text.ts';

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const joined = (parts: readonly Html[], between: string): Html =>
  html`${parts.map((part, index) => (index === 0 ? part : html`${between}${part}`))}`;

const code = (value: Json): Html =>
  html`<code>${typeof value === 'string' ? value : JSON.stringify(value)}</code>`;

/** The type of a value, with links to named schemas. */
export const typeOf = (schema: JsonObject): Html => {
  const { $ref, type, items, format, const: only } = schema;
  if (typeof $ref === 'string') {
    const name = nameIn($ref);
    return html`<a href="#${anchorOf(name)}">${name}</a>`;
  }
  if (only !== undefined) return code(only);
  const choices = choicesOf(schema);
  if (choices.length > 0) return joined(choices.map(typeOf), ' or ');
  if (isList(schema['enum'])) return joined(schema['enum'].map(code), ', ');
  if (isJsonObject(items)) return html`array of ${typeOf(items)}`;
  if (isList(type)) return html`${type.filter((one) => typeof one === 'string').join(' or ')}`;
  if (format === 'date-time') return html`time`;
  return html`${typeof type === 'string' ? type : 'any JSON'}`;
};

const RANGES: readonly (readonly [string, string, string])[] = [
  ['minLength', 'maxLength', ' characters'],
  ['minimum', 'maximum', ''],
  ['minItems', 'maxItems', ' items'],
];

/** The bounds of a value as text, empty without bounds. */
const limitsOf = (schema: JsonObject): string =>
  [schema, ...choicesOf(schema)]
    .flatMap((one) =>
      RANGES.flatMap(([least, most, unit]) => {
        const [from, to] = [one[least], one[most]];
        if (typeof to === 'number')
          return [`${typeof from === 'number' ? `${from} to` : 'at most'} ${to}${unit}`];
        return typeof from === 'number' ? [`at least ${from}${unit}`] : [];
      }),
    )
    .join(', ');

export interface Row {
  readonly name: string;
  readonly schema: JsonObject;
  readonly description: string;
  /** Shown beside the name: `required` or `optional`. */
  readonly note: string;
}

const row = ({ name, schema, description, note }: Row): Html => {
  const limits = limitsOf(schema);
  return html`<tr>
    <th scope="row"><code>${name}</code>${note === '' ? '' : html` <span class="note">${note}</span>`}</th>
    <td>
      <span class="type">${typeOf(schema)}${limits === '' ? '' : html`; ${limits}`}</span>
      ${description === '' ? '' : html`<p>${line(description)}</p>`}
    </td>
  </tr>`;
};

export const table = (caption: string, rows: readonly Row[]): Html =>
  rows.length === 0
    ? html``
    : html`<table>
        <caption>
          ${caption}
        </caption>
        <tbody>
          ${rows.map(row)}
        </tbody>
      </table>`;

/** Marks the required fields of requests and the optional fields of responses. */
const noteOf = (schema: JsonObject, field: string): string => {
  const isRequest = schema['additionalProperties'] === false;
  const isRequired = requiredIn(schema).includes(field);
  if (isRequest) return isRequired ? 'required' : '';
  return isRequired ? '' : 'optional';
};

/** The fields of a schema. Fields of nested unnamed objects have paths such as `response.status`. */
export const rowsOf = (schema: JsonObject, prefix = ''): readonly Row[] =>
  fieldsOf(schema).flatMap(([field, inner]) => {
    const name = prefix + field;
    const items = isJsonObject(inner['items']) ? inner['items'] : null;
    const deeper = [
      ...[inner, ...choicesOf(inner)].flatMap((one) => rowsOf(one, `${name}.`)),
      ...(items === null ? [] : rowsOf(items, `${name}[].`)),
    ];
    const own = { name, schema: inner, description: descriptionOf(inner), note: noteOf(schema, field) };
    return [own, ...deeper];
  });
