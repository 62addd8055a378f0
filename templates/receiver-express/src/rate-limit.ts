/** Whether one more request of a client is within `limit` a second; 0 is no limit. */
export const createRateLimit = (limit: number) => {
  let second = 0;
  // Of this second only, so that it cannot grow.
  let seen = new Map<string, number>();
  return (client: string, now: number): boolean => {
    if (limit === 0) return true;
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      seen = new Map();
    }
    const count = (seen.get(client) ?? 0) + 1;
    seen.set(client, count);
    return count <= limit;
  };
};
