/** `admin`: full access to every workspace. `workspace`: full access to one. `send`: may only send events to one. */
export const keyScopes = ['admin', 'workspace', 'send'] as const;
export type KeyScope = (typeof keyScopes)[number];
