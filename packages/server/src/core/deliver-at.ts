const DAY_MS = 86_400_000;
/** Maximum time by which an event can be delayed. */
const MAX_DELAY_MS = 30 * DAY_MS;

const iso = (time: number): string => new Date(time).toISOString();

/** Why an event cannot be delayed until `deliver_at`; null if it can. Times in milliseconds. */
export const deliverAtProblem = (
  deliver_at: number,
  { now, retention_ms }: { readonly now: number; readonly retention_ms: number | null },
): string | null => {
  if (retention_ms !== null && retention_ms < MAX_DELAY_MS && deliver_at > now + retention_ms) {
    return `is beyond the retention of this server: until ${iso(now + retention_ms)} is possible. Use an earlier time, send the event later, or raise BELLWIRE_RETENTION`;
  }
  if (deliver_at <= now + MAX_DELAY_MS) return null;
  return `is more than 30 days ahead: until ${iso(now + MAX_DELAY_MS)} is possible. Use an earlier time, or send the event later`;
};
