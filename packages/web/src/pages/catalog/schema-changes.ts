import {
  childPath,
  itemsOf,
  MAX_DEPTH,
  propertiesOf,
  requiredOf,
  resolved,
  type Schema,
  typesOf,
  valuesOf,
} from './schema-node.ts';

/** A change of a schema that may break code that sends or receives. */
export interface SchemaChange {
  /**
   * `receivers` may get data that they do not expect. `senders` may send events that the server now refuses. `unknown`:
   * the comparison does not understand this part of the schema.
   */
  readonly breaks: 'receivers' | 'senders' | 'unknown';
  /** Such as `order.lines[].sku`; empty for the data itself. */
  readonly path: string;
  readonly text: string;
}

type Breaks = SchemaChange['breaks'];
type Add = (breaks: Breaks, text: string) => void;

const shown = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

/** Those of `wanted` that the types do not include. Every integer is a number. */
const typesBeyond = (wanted: readonly string[], types: readonly string[]): readonly string[] =>
  wanted.filter((type) => !types.includes(type) && !(type === 'integer' && types.includes('number')));

const compareTypes = (before: Schema, after: Schema, add: Add): void => {
  const [old, now] = [typesOf(before), typesOf(after)];
  if (old === null && now !== null) add('senders', `must now be ${now.join(' or ')}; it could be anything`);
  if (old !== null && now === null) add('receivers', `may now be anything; it was ${old.join(' or ')}`);
  if (old === null || now === null) return;
  const added = typesBeyond(now, old);
  const removed = typesBeyond(old, now);
  if (added.length > 0) add('receivers', `may now be ${added.join(' or ')}; it was ${old.join(' or ')}`);
  if (removed.length > 0) add('senders', `may no longer be ${removed.join(' or ')}`);
};

const compareValues = (before: Schema, after: Schema, add: Add): void => {
  const [old, now] = [valuesOf(before), valuesOf(after)];
  if (old === null && now !== null) add('senders', `must now be one of ${shown(now)}`);
  if (old !== null && now === null) add('receivers', `may now have other values than ${shown(old)}`);
  if (old === null || now === null) return;
  const known = new Set(old.map((value) => JSON.stringify(value)));
  const kept = new Set(now.map((value) => JSON.stringify(value)));
  const added = now.filter((value) => !known.has(JSON.stringify(value)));
  const removed = old.filter((value) => !kept.has(JSON.stringify(value)));
  if (added.length > 0) add('receivers', `may now be ${shown(added)}, which receivers may not know`);
  if (removed.length > 0) add('senders', `may no longer be ${shown(removed)}`);
};

const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;
const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;

const limit = (schema: Schema, name: string, none: number): number => {
  const value = schema[name];
  return typeof value === 'number' ? value : none;
};

const compareLimits = (before: Schema, after: Schema, add: Add): void => {
  const compare = (name: string, none: number): void => {
    const [old, now] = [limit(before, name, none), limit(after, name, none)];
    if (old === now) return;
    const is_wider = none === Infinity ? now > old : now < old;
    const was = Number.isFinite(old) ? String(old) : 'unlimited';
    const is = Number.isFinite(now) ? String(now) : 'unlimited';
    add(is_wider ? 'receivers' : 'senders', `has another ${name}: ${is}, before ${was}`);
  };
  for (const name of UPPER) compare(name, Infinity);
  for (const name of LOWER) compare(name, -Infinity);
};

/** Keywords whose effect is not compared, only whether they differ. */
const OPAQUE = [
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'pattern',
  'format',
  'patternProperties',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'prefixItems',
  'contains',
  'multipleOf',
  'uniqueItems',
  '$ref',
  '$dynamicRef',
] as const;

const compareRest = (before: Schema, after: Schema, add: Add): void => {
  const differing = OPAQUE.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  if (differing.length > 0)
    add('unknown', `differs in ${differing.join(', ')}: check whether receivers accept every new value`);
};

const compareOthers = (before: Schema, after: Schema, add: Add): void => {
  const [old, now] = [before['additionalProperties'] !== false, after['additionalProperties'] !== false];
  if (old && !now) add('senders', 'may no longer have properties that the schema does not list');
  if (!old && now) add('receivers', 'may now have properties that the schema does not list');
};

interface Pair {
  readonly before: Schema;
  readonly after: Schema;
}

/** Compares one part of two schemas, and the parts below it. */
class Comparison {
  readonly changes: SchemaChange[] = [];
  readonly #roots: Pair;

  constructor(roots: Pair) {
    this.#roots = roots;
  }

  compare({ before: b, after: a }: Pair, path: string, depth: number): void {
    const before = resolved(b, this.#roots.before);
    const after = resolved(a, this.#roots.after);
    const add: Add = (breaks, text) => this.changes.push({ breaks, path, text });
    for (const part of [compareTypes, compareValues, compareLimits, compareOthers, compareRest])
      part(before, after, add);
    if (depth >= MAX_DEPTH) return;
    this.#compareProperties({ before, after }, path, depth);
    const [old, now] = [itemsOf(before), itemsOf(after)];
    if (old !== null || now !== null)
      this.compare({ before: old ?? {}, after: now ?? {} }, `${path}[]`, depth + 1);
  }

  #compareProperties({ before, after }: Pair, path: string, depth: number): void {
    const now = new Map(propertiesOf(after));
    const old = new Map(propertiesOf(before));
    const required = { before: requiredOf(before), after: requiredOf(after) };
    for (const name of new Set([...old.keys(), ...now.keys(), ...required.before, ...required.after])) {
      const at = childPath(path, name);
      const add: Add = (breaks, text) => this.changes.push({ breaks, path: at, text });
      const [was, is] = [old.get(name), now.get(name)];
      if (was !== undefined && is === undefined) {
        add('receivers', 'is removed; receivers may rely on it');
        continue;
      }
      if (required.after.has(name) && !required.before.has(name))
        add('senders', 'is now required: events without it are refused');
      if (required.before.has(name) && !required.after.has(name))
        add('receivers', 'may now be missing; it was required');
      if (was !== undefined && is !== undefined) this.compare({ before: was, after: is }, at, depth + 1);
    }
  }
}

const WEIGHT: Readonly<Record<Breaks, number>> = { receivers: 0, unknown: 1, senders: 2 };

/**
 * What may break when the schema of an event type changes, receivers first. Null means that there is none. A change that only adds
 * optional properties breaks nothing.
 */
export const compareSchemas = (before: Schema | null, after: Schema | null): readonly SchemaChange[] => {
  if (before === null && after === null) return [];
  if (before === null)
    return [{ breaks: 'senders', path: '', text: 'is now checked: events that do not match are refused' }];
  if (after === null)
    return [{ breaks: 'receivers', path: '', text: 'is no longer checked, so it may have any shape' }];
  const comparison = new Comparison({ before, after });
  comparison.compare({ before, after }, '', 0);
  return comparison.changes.toSorted((a, b) => WEIGHT[a.breaks] - WEIGHT[b.breaks]);
};
