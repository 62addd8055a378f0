import type { ErrorCode, Issue } from './errors.ts';

/** A change of a hook's URL, with the stored values that it affects. */
export interface UrlMove {
  readonly from: string;
  readonly to: string;
  readonly has_headers: boolean;
  /** Whether its requests carry the secret itself, and it has one. */
  readonly sends_secret: boolean;
  readonly gives_headers: boolean;
  readonly gives_secret: boolean;
}

export type MoveCode = Extract<ErrorCode, 'headers_required' | 'secret_required'>;

export interface MoveRefusal {
  readonly code: MoveCode;
  /** The first one is that of the code. */
  readonly issues: readonly [Issue, ...Issue[]];
}

const RULES = {
  headers_required: {
    path: 'headers',
    message:
      'is required: the hook has header values, which were given for the old origin of its URL. Give them again for the new one, or {} to drop them',
  },
  secret_required: {
    path: 'secret',
    message:
      'is required: the requests of this hook contain its secret, which the old origin of its URL knows. Give the secret for the new one (the same or another), or null to remove it',
  },
} as const satisfies Record<MoveCode, Issue>;

/**
 * Refuses a change that would send stored secrets to another origin: those who may change the URL of a hook but cannot
 * read its header values and secret must not receive them. Null if the change sends none.
 */
export const refuseMove = (move: UrlMove): MoveRefusal | null => {
  if (new URL(move.from).origin === new URL(move.to).origin) return null;
  const headers = move.has_headers && !move.gives_headers;
  const secret = move.sends_secret && !move.gives_secret;
  if (headers) {
    const issues = [RULES.headers_required, ...(secret ? [RULES.secret_required] : [])] as const;
    return { code: 'headers_required', issues: [issues[0], ...issues.slice(1)] };
  }
  return secret ? { code: 'secret_required', issues: [RULES.secret_required] } : null;
};
