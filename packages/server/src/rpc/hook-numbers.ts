/** The ids of hooks by their number. Numbers of other workspaces are absent. */
export type HookIdsOf = (
  workspace_id: string,
  numbers: readonly number[],
) => Promise<ReadonlyMap<number, string>>;

/** The maximum length of `hook_ids`. */
export const MAX_HOOK_IDS = 100;

// The numbers that an integer column of PostgreSQL can hold.
const MAX_NUMBER = 2 ** 31 - 1;

/** The number that a value names a hook by; null for an id and for any other value. */
const numberIn = (value: unknown): number | null => {
  const number = typeof value === 'string' && /^[1-9]\d{0,9}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) <= MAX_NUMBER
    ? number
    : null;
};

const valuesIn = ({ hook_id, hook_ids }: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Array.isArray(hook_ids) && hook_ids.length <= MAX_HOOK_IDS ? [hook_id, ...hook_ids] : [hook_id];

/**
 * The input with the ids of the hooks that `hook_id` and `hook_ids` name by number. Other integers become text, so that the
 * call answers as for an unknown id. Accepts any value.
 */
export const toHookIds = async (
  input: unknown,
  idsOf: (numbers: readonly number[]) => ReturnType<HookIdsOf>,
): Promise<unknown> => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const fields = input as Readonly<Record<string, unknown>>;
  const { hook_id, hook_ids } = fields;
  if (hook_id === undefined && hook_ids === undefined) return input;
  const numbers = valuesIn(fields).flatMap((value) => numberIn(value) ?? []);
  const ids = numbers.length === 0 ? new Map<number, string>() : await idsOf(numbers);
  const toId = (value: unknown): unknown =>
    ids.get(numberIn(value) ?? 0) ?? (Number.isSafeInteger(value) ? String(value) : value);
  return {
    ...fields,
    ...(hook_id === undefined ? {} : { hook_id: toId(hook_id) }),
    ...(Array.isArray(hook_ids) ? { hook_ids: hook_ids.map(toId) } : {}),
  };
};
