import { type Json, type JsonObject } from '../json.ts';
import type { Comparison, Expression, Field, FilterProblem, Scalar } from './expression.ts';
import { parseFilter } from './parse-filter.ts';

/** The part of an event that filters read. */
export interface FilteredEvent {
  readonly type: string;
  readonly tenant: string | null;
  readonly data: JsonObject;
  readonly previous_data: JsonObject | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/**
 * The result of a filter. `failed`: the event has too many values to search, or the stored filter does not compile; it is
 * delivered then.
 */
export type FilterVerdict = 'match' | 'no_match' | 'failed';

export interface Evaluation {
  readonly verdict: FilterVerdict;
  /** The work that it took, in units of about a nanosecond. */
  readonly cost: number;
}

/** A compiled filter. It reads own properties only, executes no code of its author and never throws. */
export interface Filter {
  readonly text: string;
  /** Takes less than a millisecond, whatever the size of the event. */
  readonly evaluate: (event: FilteredEvent) => Evaluation;
}

/** Elements of arrays, and 64 characters of texts, that one evaluation compares: below a millisecond. */
export const STEPS_MAX = 10_000;
const CHARACTERS_PER_STEP = 64;
/** The cost of an operator, as steps. */
const OPERATOR_COST = 100;

interface Budget {
  steps: number;
}

type Test = (event: FilteredEvent, budget: Budget) => boolean;
/** Undefined for a field that does not exist. */
type Read = (event: FilteredEvent) => Json | undefined;

const step = (value: Json | undefined, name: string | number): Json | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return typeof name === 'number' ? (value as readonly Json[])[name] : undefined;
  return typeof name === 'string' && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
};

const reader = ({ root, path }: Field): Read => {
  if (root === 'type' || root === 'tenant') return (event) => event[root];
  return (event) => {
    let value: Json | undefined = event[root];
    for (const name of path) {
      if (value === undefined) return undefined;
      value = step(value, name);
    }
    return value;
  };
};

const isScalar = (value: Json | undefined): value is Scalar =>
  value !== undefined && (typeof value !== 'object' || value === null);

const inOrder: Readonly<Record<string, (left: number | string, right: number | string) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const hasOrder = (value: Json | undefined): value is string | number =>
  typeof value === 'number' || typeof value === 'string';

const comparison = (operator: Comparison, left: Read, right: Read): Test => {
  if (operator === '==' || operator === '!=') {
    const is_equal = operator === '==';
    return (event) => {
      const value = left(event);
      return (isScalar(value) && value === right(event)) === is_equal;
    };
  }
  const compare = inOrder[operator];
  return (event) => {
    const [one, other] = [left(event), right(event)];
    return hasOrder(one) && hasOrder(other) && typeof one === typeof other && compare?.(one, other) === true;
  };
};

/** Charges the comparison of two texts, of which neither is part of the filter. */
const charged =
  (test: Test, left: Read, right: Read): Test =>
  (event, budget) => {
    const [one, other] = [left(event), right(event)];
    if (typeof one === 'string' && typeof other === 'string')
      budget.steps -= Math.min(one.length, other.length) / CHARACTERS_PER_STEP;
    return budget.steps >= 0 && test(event, budget);
  };

const containing =
  (read: Read, wanted: Scalar): Test =>
  (event, budget) => {
    const value = read(event);
    if (!Array.isArray(value)) return false;
    const list = value as readonly Json[];
    const end = Math.min(list.length, budget.steps);
    for (let index = 0; index < end; index += 1) {
      if (list[index] !== wanted) continue;
      budget.steps -= index + 1;
      return true;
    }
    budget.steps -= list.length;
    return false;
  };

const compareTest = ({ operator, field, value }: Extract<Expression, { kind: 'compare' }>): Test => {
  const left = reader(field);
  if ('literal' in value) return comparison(operator, left, () => value.literal);
  const right = reader(value.field);
  return charged(comparison(operator, left, right), left, right);
};

const testOf = (expression: Expression): Test => {
  switch (expression.kind) {
    case 'and': {
      const parts = expression.parts.map(testOf);
      return (event, budget) => parts.every((test) => test(event, budget));
    }
    case 'or': {
      const parts = expression.parts.map(testOf);
      return (event, budget) => parts.some((test) => test(event, budget));
    }
    case 'not': {
      const test = testOf(expression.of);
      return (event, budget) => !test(event, budget);
    }
    case 'compare':
      return compareTest(expression);
    case 'exists':
    case 'in':
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return fieldTest(expression, reader(expression.field));
  }
};

type FieldTest = Exclude<Expression, { kind: 'and' | 'or' | 'not' | 'compare' }>;

const fieldTest = (expression: FieldTest, read: Read): Test => {
  switch (expression.kind) {
    case 'exists':
      return (event) => read(event) !== undefined;
    case 'in': {
      const values = new Set(expression.values);
      return (event) => {
        const value = read(event);
        return isScalar(value) && values.has(value);
      };
    }
    case 'contains':
      return containing(read, expression.value);
    case 'starts_with':
    case 'ends_with': {
      const { kind, value: wanted } = expression;
      return (event) => {
        const value = read(event);
        if (typeof value !== 'string') return false;
        return kind === 'starts_with' ? value.startsWith(wanted) : value.endsWith(wanted);
      };
    }
  }
};

export type CompiledFilter =
  | { readonly ok: true; readonly filter: Filter; readonly expression: Expression }
  | { readonly ok: false; readonly problem: FilterProblem };

/** Compiles the text of a filter, or says why it is not one. */
export const compileFilter = (text: string): CompiledFilter => {
  const parsed = parseFilter(text);
  if (!parsed.ok) return parsed;
  const { expression, operators } = parsed;
  const test = testOf(expression);
  const evaluate = (event: FilteredEvent): Evaluation => {
    const budget = { steps: STEPS_MAX };
    const verdict = test(event, budget) ? 'match' : 'no_match';
    const cost = operators * OPERATOR_COST + STEPS_MAX - Math.max(0, budget.steps);
    return { verdict: budget.steps < 0 ? 'failed' : verdict, cost };
  };
  return { ok: true, expression, filter: { text, evaluate } };
};

/** The filter of a stored hook. A text that does not compile never filters anything out. */
export const storedFilter = (text: string): Filter => {
  const compiled = compileFilter(text);
  return compiled.ok ? compiled.filter : { text, evaluate: () => ({ verdict: 'failed', cost: 0 }) };
};
