import { BellwireError } from './bellwire-error.ts';
import { type Catalog, checkData } from './catalog.ts';
import type { CallOptions } from './retry.ts';
import type { BatchResult, EventToSend, SendOptions } from './client.ts';
import type { EventReceipt } from '@bellwire/server';

/** A call of the router that takes its fields as one object. */
export type SendFields = (fields: object, options: CallOptions) => Promise<unknown>;

/** 128 random bits as hex. `crypto.randomUUID` is missing in pages on plain HTTP. */
const randomKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

const withKey = <F extends { readonly idempotency_key?: string | undefined }>(
  fields: F,
): F & { readonly idempotency_key: string } => ({
  ...fields,
  idempotency_key: fields.idempotency_key ?? randomKey(),
});

/** Adds an idempotency key to a creation, so that a call without a response can be retried. */
export const createOnce =
  (call: SendFields): SendFields =>
  async (fields, options) =>
    call(withKey(fields), options);

const validated = async <E extends EventToSend>(catalog: Catalog | undefined, event: E): Promise<E> =>
  catalog === undefined ? event : { ...event, data: await checkData(catalog, event.type, event.data) };

/** Creates `events.send`. Every event has an idempotency key, so that a call without a response can be retried. */
export const createSend =
  (call: SendFields, catalog: Catalog | undefined) =>
  async (
    type: string,
    data: object,
    { signal, retry, ...fields }: SendOptions = {},
  ): Promise<EventReceipt> => {
    const event = withKey(await validated(catalog, { ...fields, type, data }));
    return (await call(event, { signal, retry })) as EventReceipt;
  };

const refused = (thrown: unknown): BatchResult => {
  if (!(thrown instanceof BellwireError)) throw thrown;
  const { code, message, issues } = thrown;
  return { ok: false, error: { code, message, ...(issues.length === 0 ? {} : { issues: [...issues] }) } };
};

/** Creates `events.sendBatch`. It does not send events that the catalog refuses, but sends the others. */
export const createSendBatch =
  (call: SendFields, catalog: Catalog | undefined) =>
  async (
    events: readonly EventToSend[],
    options: CallOptions = {},
  ): Promise<{ readonly results: readonly BatchResult[] }> => {
    const checked = await Promise.all(
      events.map(async (event) => {
        try {
          return { event: withKey(await validated(catalog, event)) };
        } catch (thrown) {
          return { refusal: refused(thrown) };
        }
      }),
    );
    const valid = checked.flatMap(({ event }) => event ?? []);
    if (valid.length === 0 && events.length > 0)
      return { results: checked.flatMap(({ refusal }) => refusal ?? []) };
    const { results } = (await call({ events: valid }, options)) as {
      readonly results: readonly BatchResult[];
    };
    const remaining = results[Symbol.iterator]();
    return { results: checked.flatMap(({ refusal }) => refusal ?? remaining.next().value ?? []) };
  };
