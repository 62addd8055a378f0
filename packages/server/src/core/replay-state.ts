/** What a replay sends: deliveries held or failed, and events that the hook never got. */
export const replayStates = ['held', 'failed', 'never_attempted'] as const;
export type ReplayState = (typeof replayStates)[number];
