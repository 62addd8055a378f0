/** Which secrets of a hook sign its requests, and until when. */
export interface SecretState {
  /** `previous`: a dialect with one signature keeps signing with the oldest live secret until `switch_at`. */
  readonly signing: 'none' | 'current' | 'previous' | 'current_and_previous';
  /** The previous secrets that are still alive, newest first. */
  readonly previous: readonly { readonly expires_at: number }[];
  /** When the current secret signs alone, in milliseconds; null when it already does. */
  readonly switch_at: number | null;
}

/** The state at `now` of secrets with these expiries: null is the current one, the others follow newest first. */
export const secretState = (
  expiries: readonly (number | null)[],
  { signs_with, now }: { readonly signs_with: 'all' | 'one'; readonly now: number },
): SecretState => {
  const live = expiries.filter((expires_at) => expires_at !== null).filter((expires_at) => expires_at > now);
  const previous = live.map((expires_at) => ({ expires_at }));
  if (live.length > 0) {
    return {
      signing: signs_with === 'all' ? 'current_and_previous' : 'previous',
      previous,
      switch_at: Math.max(...live),
    };
  }
  return { signing: expiries.includes(null) ? 'current' : 'none', previous, switch_at: null };
};
