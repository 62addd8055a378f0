import type { z } from 'zod';
import { BellwireError } from '../core/errors.ts';
import type { RestRoute } from './routes.ts';

/** Alternative field names that REST accepts, as used by other webhook services. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['target_url', 'url'],
  ['callback_url', 'url'],
  ['webhook_id', 'hook_id'],
]);

type Fields = Readonly<Record<string, unknown>>;

const refuse = (path: string, message: string) =>
  new BellwireError('invalid_input', `${path}: ${message}.`, { issues: [{ path, message }] });

const unwrap = (schema: z.ZodType | undefined): z.ZodType | undefined => {
  let inner = schema;
  while (inner !== undefined) {
    const { def }: { readonly def: object } = inner;
    if ('innerType' in def) inner = def.innerType as z.ZodType;
    // A preprocessed schema.
    else if ('out' in def) inner = def.out as z.ZodType;
    else break;
  }
  return inner;
};

/** Converts query text to the number or boolean that the field expects. */
const fromText = (schema: z.ZodType | undefined, text: string): unknown => {
  const type = unwrap(schema)?.def.type;
  if (type === 'number' && /^-?\d{1,15}(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
};

const renamed = (fields: Fields, input: z.ZodObject): Fields => {
  const entries = Object.entries(fields);
  if (!entries.some(([name]) => ALIASES.has(name))) return fields;
  const result = new Map<string, unknown>();
  for (const [name, value] of entries) {
    const alias = ALIASES.get(name);
    const target = alias !== undefined && Object.hasOwn(input.shape, alias) ? alias : name;
    if (result.has(target)) throw refuse(target, 'is given under more than one name; use only one');
    result.set(target, value);
  }
  // Unlike an assignment, this keeps `__proto__` as a field, which zod then refuses.
  return Object.fromEntries(result);
};

/** `metadata[order_id]` as the field and the key of a map; null for any other name. */
const inMap = (name: string, input: z.ZodObject): readonly [field: string, key: string] | null => {
  const [, field = '', key = ''] = /^(\w+)\[(.*)\]$/s.exec(name) ?? [];
  if (!Object.hasOwn(input.shape, field)) return null;
  return unwrap(input.shape[field] as z.ZodType)?.def.type === 'record' ? [field, key] : null;
};

/** The maps of a query, from fields like `metadata[order_id]=1042`. */
const queryMaps = (texts: readonly (readonly [string, string])[], input: z.ZodObject): Fields => {
  const maps = new Map<string, (readonly [string, string])[]>();
  for (const [name, text] of texts) {
    const [field, key] = inMap(name, input) ?? [];
    if (field === undefined || key === undefined) continue;
    const known = maps.get(field);
    if (known === undefined) maps.set(field, [[key, text]]);
    else known.push([key, text]);
  }
  return Object.fromEntries([...maps].map(([field, pairs]) => [field, Object.fromEntries(pairs)]));
};

const queryFields = (queries: Readonly<Record<string, string[]>>, input: z.ZodObject): Fields => {
  const texts = Object.entries(queries).map(([name, values]) => {
    const [value = ''] = values;
    if (values.length > 1) throw refuse(name, 'is given more than once in the query');
    return [name, value] as const;
  });
  const maps = queryMaps(texts, input);
  const plain = texts.filter(([name]) => inMap(name, input) === null);
  const entries = plain.map(([name, value]) => {
    if (Object.hasOwn(maps, name)) throw refuse(name, 'is given both as a whole and by its keys');
    const field = ALIASES.get(name) ?? name;
    return [
      name,
      fromText(Object.hasOwn(input.shape, field) ? (input.shape[field] as z.ZodType) : undefined, value),
    ];
  });
  return { ...(Object.fromEntries(entries) as Fields), ...maps };
};

export interface RestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly queries: Readonly<Record<string, string[]>>;
  readonly body: Fields;
  readonly idempotency_key: string | undefined;
}

/**
 * Builds the input from the parts of a request. Each field may be given in one part only: a body that overrides the
 * path would bypass access rules based on the path.
 * @throws BellwireError `invalid_input`
 */
export const toInput = (
  { input, in_path }: Pick<RestRoute, 'input' | 'in_path'>,
  parts: RestParts,
): Fields => {
  const body = renamed(parts.body, input);
  const query = renamed(queryFields(parts.queries, input), input);
  for (const name of in_path) {
    if (Object.hasOwn(body, name) || Object.hasOwn(query, name))
      throw refuse(name, 'is already given in the path');
  }
  for (const name of Object.keys(query))
    if (Object.hasOwn(body, name)) throw refuse(name, 'is given both in the query and in the body');
  const key = parts.idempotency_key;
  if (key === undefined) return { ...query, ...body, ...parts.params };
  if (!Object.hasOwn(input.shape, 'idempotency_key')) {
    throw refuse('idempotency_key', 'the header Idempotency-Key is not supported by this call; remove it');
  }
  if (Object.hasOwn(body, 'idempotency_key') && body['idempotency_key'] !== key) {
    throw refuse('idempotency_key', 'differs from the header Idempotency-Key');
  }
  return { ...query, ...body, ...parts.params, idempotency_key: key };
};
