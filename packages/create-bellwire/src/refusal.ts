/** Why nothing was made, in a sentence for a person. The process ends with code 1. */
export class Refusal extends Error {}

/** The person gave up at a prompt. The process ends with code 130, as after Ctrl-C. */
export class Cancelled extends Error {}
