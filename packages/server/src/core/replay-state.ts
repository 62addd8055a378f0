/** The states that a replay sends: held and failed deliveries, and events that the hook never received. */
export const replayStates = ['held', 'failed', 'never_attempted'] as const;
export type ReplayState = (typeof replayStates)[number];
