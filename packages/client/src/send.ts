import { BellwireError } from './bellwire-error.ts';
import { type Catalog, checkData } from './catalog.ts';
import type { CallOptions } from './call-options.ts';
import type { BatchResult, EventToSend, SendOptions } from './client.ts';
import type { EventReceipt } from './router-types.ts';

type Call = (input: object, options: CallOptions) => Promise<unknown>;

const withKey = (event: EventToSend): EventToSend & { readonly idempotency_key: string } => ({
  ...event,
  idempotency_key: event.idempotency_key ?? crypto.randomUUID(),
});

const checked = async <E extends EventToSend>(catalog: Catalog | undefined, event: E): Promise<E> =>
  catalog === undefined ? event : { ...event, data: await checkData(catalog, event.type, event.data) };

/** `send(type, data, options)`. Every event has a key, so that it may be sent again when the answer got lost. */
export const createSend =
  (call: Call, catalog: Catalog | undefined) =>
  async (
    type: string,
    data: object,
    { signal, retry, ...fields }: SendOptions = {},
  ): Promise<EventReceipt> => {
    const event = withKey(await checked(catalog, { ...fields, type, data }));
    return (await call(event, { signal, retry })) as EventReceipt;
  };

const refused = (thrown: unknown): BatchResult => {
  if (!(thrown instanceof BellwireError)) throw thrown;
  const { code, message, issues } = thrown;
  return { ok: false, error: { code, message, ...(issues.length === 0 ? {} : { issues: [...issues] }) } };
};

/** `sendBatch(events)`. An event that the catalog refuses stays here, and its neighbours go. */
export const createSendBatch =
  (call: Call, catalog: Catalog | undefined) =>
  async (
    events: readonly EventToSend[],
    options: CallOptions = {},
  ): Promise<{ readonly results: readonly BatchResult[] }> => {
    const judged = await Promise.all(
      events.map(async (event) => {
        try {
          return { event: withKey(await checked(catalog, event)) };
        } catch (thrown) {
          return { refusal: refused(thrown) };
        }
      }),
    );
    const good = judged.flatMap(({ event }) => event ?? []);
    if (good.length === 0 && events.length > 0)
      return { results: judged.flatMap(({ refusal }) => refusal ?? []) };
    const answer = (await call({ events: good }, options)) as { readonly results: readonly BatchResult[] };
    const answered = answer.results[Symbol.iterator]();
    return { results: judged.flatMap(({ refusal }) => refusal ?? answered.next().value ?? []) };
  };
