/** The reason why nothing was created, as a sentence for the user. The process exits with code 1. */
export class Refusal extends Error {}

/** The user canceled a prompt. The process exits with code 130, as after Ctrl-C. */
export class Cancelled extends Error {}
