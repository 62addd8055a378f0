/** `admin`: everything, in every workspace. `workspace`: everything in one. `send`: only sending events, in one. */
export const keyScopes = ['admin', 'workspace', 'send'] as const;
export type KeyScope = (typeof keyScopes)[number];
