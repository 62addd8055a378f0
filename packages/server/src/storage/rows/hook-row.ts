import type { Selectable } from 'kysely';
import type { ClientCertificate } from '../../core/client-certificate.ts';
import type { Hook } from '../../core/hook.ts';
import type { CreationKey } from '../../core/idempotency.ts';
import type { RateLimit } from '../../core/rate-limit.ts';
import type { Cipher } from '../cipher.ts';
import type { Schema } from '../schema.ts';

export type HookRow = Selectable<Schema['bellwire_hooks']>;

/** The rate limit in a column; null without one. */
export const toRateLimit = (text: string | null): RateLimit | null =>
  text === null ? null : (JSON.parse(text) as RateLimit);
/** The delays of a hook's own schedule; null if it has none. */
export const toSchedule = ({ retry_schedule }: Pick<HookRow, 'retry_schedule'>): readonly number[] | null =>
  retry_schedule === null ? null : (JSON.parse(retry_schedule) as number[]);

/** The hook of a row. */
export const toHook = (row: HookRow): Hook => {
  const {
    headers: _,
    client_certificate: _______,
    is_operational: ______,
    stopping: __,
    deleted_at: ___,
    idempotency_key: ____,
    fingerprint: _____,
    ...rest
  } = row;
  const { last_failure_at, last_outcome, last_detail, last_status, ...fields } = rest;
  return {
    ...fields,
    events: JSON.parse(row.events) as string[],
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    ordered: row.ordered === 1,
    insecure_ssl: row.insecure_ssl === 1,
    rate_limit: toRateLimit(row.rate_limit),
    retry_schedule: toSchedule(row),
    last_failure:
      last_failure_at === null ? null : { at: last_failure_at, last_outcome, last_detail, last_status },
  };
};

const headersLocation = (id: string) => ({ table: 'bellwire_hooks', column: 'headers', id });

/** The decrypted custom headers of a hook. */
export const toHeaders = (row: HookRow, cipher: Cipher): Readonly<Record<string, string>> =>
  row.headers === null
    ? {}
    : (JSON.parse(cipher.open(row.headers, headersLocation(row.id))) as Record<string, string>);

/** The encrypted custom headers of hook `id`; null if there are none. */
export const sealHeaders = (
  headers: Readonly<Record<string, string>>,
  id: string,
  cipher: Cipher,
): string | null =>
  Object.keys(headers).length === 0 ? null : cipher.seal(JSON.stringify(headers), headersLocation(id));

const certificateLocation = (id: string) => ({ table: 'bellwire_hooks', column: 'client_certificate', id });

/** The decrypted client certificate of a hook, with its key. */
export const toClientCertificate = (
  { id, client_certificate }: HookRow,
  cipher: Cipher,
): ClientCertificate | null =>
  client_certificate === null
    ? null
    : (JSON.parse(cipher.open(client_certificate, certificateLocation(id))) as ClientCertificate);

/** The encrypted client certificate of hook `id`. */
export const sealClientCertificate = (
  certificate: ClientCertificate | null,
  id: string,
  cipher: Cipher,
): string | null =>
  certificate === null ? null : cipher.seal(JSON.stringify(certificate), certificateLocation(id));

const fingerprintLocation = (id: string) => ({ table: 'bellwire_hooks', column: 'fingerprint', id });

/** The columns of the idempotency key of hook `id`. */
export const sealKey = (key: CreationKey | undefined, id: string, cipher: Cipher) =>
  key === undefined
    ? {}
    : {
        idempotency_key: key.idempotency_key,
        fingerprint: cipher.seal(key.fingerprint, fingerprintLocation(id)),
      };

/** The decrypted fingerprint; null without one, or if it cannot be decrypted. */
export const openFingerprint = ({ id, fingerprint }: HookRow, cipher: Cipher): string | null => {
  if (fingerprint === null) return null;
  try {
    return cipher.open(fingerprint, fingerprintLocation(id));
  } catch {
    return null;
  }
};
