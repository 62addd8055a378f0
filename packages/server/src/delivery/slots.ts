/**
 * The expected time for which an attempt to a hook holds its slot: `quick` up to 250 ms, `slow` up to 1 s, `sluggish` up
 * to 4 s, `hanging` beyond. `new`: this process remembers no finished attempt of the hook.
 */
export const paces = ['quick', 'new', 'slow', 'sluggish', 'hanging'] as const;
export type Pace = (typeof paces)[number];

/** The pace as a number: a larger one holds its slot longer. */
export const gradeOf = (pace: Pace): number => Math.max(0, paces.indexOf(pace) - 1);

export const GRADES = 4;

/** The minimum grade that neither counts for backpressure nor keeps a long queue in memory. */
export const SLOW_GRADE = gradeOf('slow');

/** The maximum duration of each pace but the last. */
const QUICK_MS = 250;
const SLOW_MS = 1_000;
const SLUGGISH_MS = 4_000;

export const paceOf = (expected_ms: number | null): Pace => {
  if (expected_ms === null) return 'new';
  if (expected_ms <= QUICK_MS) return 'quick';
  if (expected_ms <= SLOW_MS) return 'slow';
  return expected_ms <= SLUGGISH_MS ? 'sluggish' : 'hanging';
};

/** Attempts in flight by grade: the number at `n` counts those of grade `n` and all above, so the first is the total. */
export type Held = readonly number[];

/** The slots held in total, by one workspace, and by one of its tenants. */
export interface Holders {
  readonly total: Held;
  readonly workspace: Held;
  /** Null for deliveries without a tenant: their share is that of their workspace. */
  readonly tenant: Held | null;
}

// Parts of `concurrency` that attempts of a grade and above may hold. Each grade leaves slots that only quicker attempts
// can use, each workspace leaves some to the others, and each tenant leaves some to its workspace. Two workspaces that
// use their share always exceed the total, as two tenants exceed that of their workspace: it is enough to look at the
// one that holds the fewest slots.
const TOTAL = [1, 7 / 8, 6 / 8, 5 / 8];
const WORKSPACE = [1, 6 / 8, 5 / 8, 4 / 8];
const TENANT = [1, 5 / 8, 4 / 8, 3 / 8];

const limitOf = (parts: readonly number[], grade: number, concurrency: number): number =>
  Math.max(1, Math.floor((parts[grade] ?? 1) * concurrency));

const heldAt = (held: Held, grade: number): number => held[grade] ?? 0;

/**
 * Whether there is room for one more attempt of a grade, and, if `from` is lower, in each grade from it. Hooks that
 * became slow while they held more slots than their grade may have count only for what it may have, so that quicker
 * hooks still find a slot.
 */
const hasRoom = (
  held: Held,
  parts: readonly number[],
  at: { grade: number; from: number; concurrency: number },
) => {
  let counted = 0;
  for (let grade = GRADES - 1; grade >= at.from; grade -= 1) {
    const limit = limitOf(parts, grade, at.concurrency);
    counted += heldAt(held, grade) - heldAt(held, grade + 1);
    if (grade <= at.grade && counted >= limit) return false;
    counted = Math.min(counted, limit);
  }
  return true;
};

/** A workspace or tenant that holds a smaller part of `concurrency` always finds a slot in the reserve. */
const LIGHT = 1 / 32;

/**
 * Whether one more attempt may start. Beyond `concurrency` there is a reserve of half of it, in which each group leaves
 * room for the next one: new and slow hooks; quick hooks, while others hold too many slots; tenants, and then
 * workspaces, that hold few slots for as long as this attempt will; and of both, those that hold none.
 */
export const mayStart = (pace: Pace, { total, workspace, tenant }: Holders, concurrency: number): boolean => {
  const grade = gradeOf(pace);
  const reserve = Math.max(1, Math.floor(concurrency / 2));
  const isBelow = (part: number): boolean => heldAt(total, 0) < concurrency + Math.floor(part * reserve);
  const light = Math.max(1, LIGHT * concurrency);
  const [ofWorkspace, ofTenant] = [heldAt(workspace, grade), tenant === null ? light : heldAt(tenant, grade)];
  if (ofWorkspace < light && isBelow(ofWorkspace === 0 ? 1 : 7 / 8)) return true;
  if (ofTenant < light && isBelow(ofTenant === 0 ? 6 / 8 : 5 / 8)) return true;
  const regular = { quick: 4 / 8, new: 2 / 8, slow: 0, sluggish: 0, hanging: 0 }[pace];
  const own = { grade, from: grade, concurrency };
  return (
    isBelow(regular) &&
    hasRoom(total, TOTAL, { ...own, from: 0 }) &&
    hasRoom(workspace, WORKSPACE, own) &&
    (tenant === null || hasRoom(tenant, TENANT, own))
  );
};
