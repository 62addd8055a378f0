import type { Dialect } from './choices.ts';

/** Facts about Bellwire as the sender of a dialect that a receiver's code does not need, but its documentation does. */
interface Sender {
  /** The timeout of an attempt, in seconds. */
  readonly timeout_s: number;
  readonly attempts: 'five' | 'ten';
  /** Whether Bellwire generates a secret for a hook that is created without one. */
  readonly generates_secret: boolean;
  /** Whether the hook is inactive until its receiver has been validated. */
  readonly is_validated: boolean;
  readonly needs_https: boolean;
}

const usual: Sender = {
  timeout_s: 10,
  attempts: 'ten',
  generates_secret: true,
  is_validated: false,
  needs_https: false,
};

export const senders: Readonly<Record<Dialect, Sender>> = {
  standard: { ...usual, timeout_s: 15 },
  svix: { ...usual, timeout_s: 15 },
  github: usual,
  stripe: { ...usual, timeout_s: 15 },
  shopify: { ...usual, timeout_s: 5 },
  slack: { ...usual, timeout_s: 3 },
  q2: usual,
  'resource-api': { ...usual, timeout_s: 5, attempts: 'five' },
  connect2print: { ...usual, attempts: 'five', needs_https: true },
  activities: { ...usual, timeout_s: 15, generates_secret: false },
  casesolved: { ...usual, attempts: 'five', generates_secret: false, is_validated: true },
};
