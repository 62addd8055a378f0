import { BellwireError, type Issue } from '../core/errors.ts';
import { checkFields, type FieldProblem } from '../core/filter/check-fields.ts';
import type { Expression, FilterProblem } from '../core/filter/expression.ts';
import { parseFilter } from '../core/filter/parse-filter.ts';
import { isSubscribed } from '../core/hook.ts';
import type { JsonObject } from '../core/json.ts';
import { isOperational } from '../core/operational-events.ts';
import type { Warning } from '../core/warnings.ts';
import type { Store } from '../ports/store.ts';

/** Event types whose schemas are read, and their bytes together: a few milliseconds. */
const TYPES_MAX = 50;
const BYTES_MAX = 524_288;
const WARNINGS_MAX = 5;

export interface CheckedFilter {
  readonly filter: string;
  /** The subscriptions of its hook. */
  readonly events: readonly string[];
}

export interface FilterFindings {
  /** Why the filter is refused; empty if it is accepted. */
  readonly issues: readonly Issue[];
  /** Fields that the schema of some of the event types excludes, at most 5. */
  readonly warnings: readonly Warning[];
}

/** Checks a filter, and its fields against the schemas of the event types that its hook is subscribed to. */
export type CheckFilter = (workspace_id: string, checked: CheckedFilter) => Promise<FilterFindings>;

const textOf = ({ message, at }: FilterProblem): string =>
  at === null ? message : `${message} (character ${at + 1})`;

/** A suggestion ends with a question mark. */
const asSentence = (message: string): string => (message.endsWith('?') ? message : `${message}.`);

interface Checked {
  /** The problems with each schema. */
  readonly problems: readonly FieldProblem[];
  /** The number of schemas. */
  readonly schemas: number;
  /** Whether there are event types without a schema, or whose schema was not read. */
  readonly has_others: boolean;
}

const checkTypes = async (
  store: Pick<Store, 'catalog' | 'schemaOf'>,
  workspace_id: string,
  { expression, events }: { readonly expression: Expression; readonly events: readonly string[] },
): Promise<Checked> => {
  const { event_types } = (await store.catalog(workspace_id)) ?? { event_types: new Map<string, never>() };
  const known = [...event_types].filter(([name]) => isSubscribed({ events }, name));
  const with_schema = known.filter(([, { has_schema }]) => has_schema).slice(0, TYPES_MAX);
  const problems: FieldProblem[] = [];
  let [schemas, left] = [0, BYTES_MAX];
  for (const [type] of with_schema) {
    const text = await store.schemaOf(workspace_id, type);
    if (text === null) continue;
    left -= text.length;
    if (left < 0) break;
    schemas += 1;
    problems.push(...checkFields(expression, { type, schema: JSON.parse(text) as JsonObject }));
  }
  const is_unknown = events.some(
    (entry) => isOperational(entry) || (!entry.endsWith('*') && !event_types.has(entry)),
  );
  return { problems, schemas, has_others: is_unknown || schemas < known.length };
};

export const createCheckFilter =
  (store: Pick<Store, 'catalog' | 'schemaOf'>): CheckFilter =>
  async (workspace_id, { filter, events }) => {
    const parsed = parseFilter(filter);
    if (!parsed.ok) return { issues: [{ path: 'filter', message: textOf(parsed.problem) }], warnings: [] };
    const { expression } = parsed;
    const { problems, schemas, has_others } = await checkTypes(store, workspace_id, { expression, events });
    const fields = [...Map.groupBy(problems, ({ field }) => field).values()];
    // A field that some of the event types have is not a mistake.
    const isWrong = (found: readonly FieldProblem[]): boolean => !has_others && found.length === schemas;
    return {
      issues: fields
        .filter(isWrong)
        .flatMap(([first]) => (first === undefined ? [] : [{ path: 'filter', message: first.message }])),
      warnings: fields
        .filter((found) => !isWrong(found))
        .flatMap(([first]) => (first === undefined ? [] : [first]))
        .slice(0, WARNINGS_MAX)
        .map(({ message }) => ({ code: 'filter_field_unknown', message: asSentence(message) })),
    };
  };

/** @throws BellwireError `invalid_input` if the filter is refused. */
export const assertFilter = ({ issues }: FilterFindings): void => {
  if (issues.length === 0) return;
  throw new BellwireError(
    'invalid_input',
    asSentence(issues.map(({ message }) => `filter: ${message}`).join('; ')),
    { issues },
  );
};
