import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failure, wrongUsage } from '../frame/command-error.ts';
import type { Flag, Session, Verb } from '../frame/verb.ts';
import type { Shell } from '../frame/shell.ts';
import { readCount, readTime } from '../input/read-text.ts';
import { type Explained, printExplanation } from '../print/explanation.ts';

interface Fields {
  readonly delivery?: string;
  readonly hook_id?: string;
  readonly secret?: readonly string[];
  readonly secret_file?: string;
  readonly dialect?: string;
  readonly header?: readonly string[];
  readonly headers_file?: string;
  readonly body_file?: string;
  readonly at?: string;
  readonly tolerance_seconds?: number;
}

/** The request as far as it is specified. */
interface Given {
  readonly headers: string | undefined;
  readonly body: Buffer | undefined;
  readonly secrets: readonly string[];
}

const TOLERANCE_S = 300;

const FLAGS: readonly Flag[] = [
  {
    flags: '--delivery <delivery_id>',
    about: 'take the newest recorded request of a delivery from the server',
  },
  {
    flags: '--hook <hook_id>',
    field: 'hook_id',
    about: 'check with the secrets of this hook on the server; audited',
  },
  { flags: '--secret <secret>', about: 'check with this secret; repeatable during a rotation', many: true },
  { flags: '--secret-file <file>', about: 'check with the secret in a file, without the final line break' },
  { flags: '--dialect <dialect>', about: 'the wire format (default: the one that the headers show)' },
  {
    flags: '-H, --header <header>',
    about: 'a header of the request, as Name: value; repeatable',
    many: true,
  },
  {
    flags: '--headers-file <file>',
    about: 'the headers: lines of Name: value, the output of curl -v, or JSON',
  },
  { flags: '--body-file <file>', about: 'the exact body, or - for standard input (the default)' },
  { flags: '--at <time>', read: readTime, about: 'when the request arrived (default: now)' },
  {
    flags: '--tolerance <seconds>',
    field: 'tolerance_seconds',
    read: readCount,
    about: `the maximum age of a signature (default: ${TOLERANCE_S})`,
  },
];

const read = (path: string, flag: string, { folder }: Shell): Promise<Buffer> =>
  readFile(resolve(folder, path)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? wrongUsage(`${flag}: there is no file ${path}.`, error)
      : failure(`${flag}: ${path} cannot be read: ${error.message}`);
  });

const readBody = async ({ body_file, delivery }: Fields, shell: Shell): Promise<Buffer | undefined> => {
  if (body_file !== undefined && body_file !== '-') return read(body_file, '--body-file', shell);
  return body_file === undefined && delivery !== undefined ? undefined : Buffer.from(await shell.read());
};

const readGiven = async (fields: Fields, shell: Shell): Promise<Given> => {
  const { header = [], headers_file, secret = [], secret_file } = fields;
  const from_file =
    headers_file === undefined ? '' : String(await read(headers_file, '--headers-file', shell));
  if (header.length > 0 && /^\s*[[{]/.test(from_file)) {
    throw wrongUsage('--header cannot be combined with JSON in --headers-file. Use one of them.');
  }
  const headers = [from_file, ...header].filter((part) => part !== '').join('\n');
  const key = secret_file === undefined ? null : String(await read(secret_file, '--secret-file', shell));
  return {
    headers: headers === '' ? undefined : headers,
    body: await readBody(fields, shell),
    secrets: [...secret, ...(key === null ? [] : [key.replace(/\r?\n$/, '')])],
  };
};

/** Explains without a server, so only built-in dialects are known. */
const explainHere = async (fields: Fields, { headers, body, secrets }: Given): Promise<Explained> => {
  const { detectDialect, explain, formatOf, inWords, readHeaders } = await import('@bellwire/verify/explain');
  const { isDialectName, receiverDialects } = await import('@bellwire/verify');
  const { dialect, at, tolerance_seconds = TOLERANCE_S } = fields;
  if (dialect !== undefined && !isDialectName(dialect)) {
    const known = Object.keys(receiverDialects).join(', ');
    throw wrongUsage(
      `Unknown dialect "${dialect}". Known dialects: ${known}. A server knows its own ones: use --hook or --delivery.`,
    );
  }
  const read_headers = readHeaders(headers ?? '');
  const bytes = new Uint8Array(body ?? []);
  const name = dialect ?? detectDialect(read_headers, Buffer.from(bytes).toString());
  const explanation = await explain({
    format: name === null ? null : formatOf(name),
    headers: read_headers,
    body: bytes,
    secrets: secrets.map((value, index) => ({
      value,
      role: index === 0 ? 'current' : 'previous',
      hook_id: null,
    })),
    now: at === undefined ? Date.now() : Date.parse(at),
    tolerance_s: tolerance_seconds,
    hidden_value: '[secret]',
  });
  return { ...explanation, ...inWords(explanation) };
};

const explainThere = async (session: Session, fields: Fields, given: Given): Promise<Explained> => {
  const { headers, body, secrets } = given;
  if (secrets.length > 1) throw wrongUsage('--hook and --delivery take one --secret at most.');
  const { delivery: delivery_id, hook_id, dialect, at: now, tolerance_seconds } = fields;
  const [secret] = secrets;
  const { signatures } = await session.connect();
  const question = { headers, body: body?.toString(), secret, delivery_id, hook_id, dialect, now };
  const specified = Object.entries({ ...question, tolerance_seconds }).filter(
    ([, value]) => value !== undefined,
  );
  return signatures.explain(Object.fromEntries(specified));
};

/** `bellwire verify` */
export const verify: Verb = {
  usage: 'verify',
  about: 'Explain why the signature of a request is valid or not.',
  more: 'Works offline with --secret; with --hook or --delivery, the server checks with the secrets of the hook. Exits with code 1 unless the signature is valid. Other users of the machine can see --secret in the process list; --secret-file avoids that.',
  flags: FLAGS,
  examples: [
    'verify --secret-file secret.txt --headers-file headers.txt --body-file body.json',
    "verify --secret whsec_… -H 'webhook-id: …' -H 'webhook-timestamp: …' -H 'webhook-signature: …' < body.json",
    'verify --delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna',
    'verify --delivery dlv_01jd7b1c8r9t3v7w5x2z4q6mna --body-file received.json',
  ],
  run: async (session: Session, fields: Fields) => {
    const { shell, out } = session;
    const is_remote = fields.delivery !== undefined || fields.hook_id !== undefined;
    const given = await readGiven(fields, shell);
    if (given.headers === undefined && fields.delivery === undefined) {
      throw wrongUsage('There are no headers. Use --headers-file, -H or --delivery.');
    }
    const explained = is_remote
      ? await explainThere(session, fields, given)
      : await explainHere(fields, given);
    out.print(explained, printExplanation);
    if (!explained.verified) throw failure(`Not verified: ${explained.what}`);
  },
};
