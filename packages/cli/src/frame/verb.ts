import type { Client } from '@bellwire/client';
import type { Connection } from './connection.ts';
import type { Out } from './out.ts';
import type { Shell } from './shell.ts';

/** An option of a verb. */
export interface Flag {
  /** As commander reads it: `--max-attempts <n>`. */
  readonly flags: string;
  readonly about: string;
  /** The field that the value goes to, when its name is not the flag's. */
  readonly field?: string;
  /** Turns the text into a value. @throws InvalidArgumentError */
  readonly read?: (text: string) => unknown;
  readonly choices?: readonly string[];
  readonly required?: true;
  /** It may be given more than once; the values come as one list. */
  readonly many?: true;
}

/** What a verb runs with. */
export interface Session {
  readonly shell: Shell;
  readonly out: Out;
  readonly connection: Connection;
  /** The client, made at the first call. @throws CommandError without an API key */
  readonly connect: () => Promise<Client>;
}

/** One command, like `bellwire hooks list`. */
export interface Verb {
  /** Its name and arguments: `get <hook_id>`. */
  readonly usage: string;
  readonly about: string;
  /** What is good to know, in whole sentences. */
  readonly more?: string;
  readonly arguments?: Readonly<Record<string, string>>;
  readonly flags?: readonly Flag[];
  /** As typed after `bellwire`. */
  readonly examples: readonly string[];
  /** `fields` are the arguments and flags that were given, by their names in snake_case. */
  readonly run: (session: Session, fields: never) => Promise<void>;
}

/** A group of verbs. */
export interface Noun {
  readonly name: string;
  readonly about: string;
  readonly verbs: readonly Verb[];
}

export interface ApiVerb<F> extends Omit<Verb, 'run'> {
  readonly run: (client: Client, fields: F, session: Session) => Promise<void>;
}

/** A verb that calls the server. `F` says what its arguments and flags give. */
export const apiVerb = <F = {}>({ run, ...verb }: ApiVerb<F>): Verb => ({
  ...verb,
  run: async (session: Session, fields: F) => run(await session.connect(), fields, session),
});
