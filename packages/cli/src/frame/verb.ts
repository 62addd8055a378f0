import type { Client } from '@bellwire/client';
import type { Connection } from './connection.ts';
import type { Out } from './out.ts';
import type { Shell } from './shell.ts';

/** An option of a verb. */
export interface Flag {
  /** In the syntax of commander: `--max-attempts <n>`. */
  readonly flags: string;
  readonly about: string;
  /** The field of the value, if its name differs from the flag's. */
  readonly field?: string;
  /** Parses the text. @throws InvalidArgumentError */
  readonly read?: (text: string) => unknown;
  readonly choices?: readonly string[];
  readonly required?: true;
  /** Repeatable: the values form a list. */
  readonly many?: true;
}

/** The context in which a verb runs. */
export interface Session {
  readonly shell: Shell;
  readonly out: Out;
  readonly connection: Connection;
  /** Creates the client. @throws CommandError without an API key */
  readonly connect: () => Promise<Client>;
}

/** One command, like `bellwire hooks list`. */
export interface Verb {
  /** Its name and arguments: `get <hook_id>`. */
  readonly usage: string;
  readonly about: string;
  /** Further sentences of the description. */
  readonly more?: string;
  readonly arguments?: Readonly<Record<string, string>>;
  readonly flags?: readonly Flag[];
  /** Command lines without the leading `bellwire`. */
  readonly examples: readonly string[];
  /** `fields` are the specified arguments and flags by their names in snake_case. */
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

/** A verb that calls the server. `F` is the type of its arguments and flags. */
export const apiVerb = <F = {}>({ run, ...verb }: ApiVerb<F>): Verb => ({
  ...verb,
  run: async (session: Session, fields: F) => run(await session.connect(), fields, session),
});
