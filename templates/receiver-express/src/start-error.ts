/** Why the receiver does not start, in one line for whoever starts it: what is wrong and what to do. */
export class StartError extends Error {}
