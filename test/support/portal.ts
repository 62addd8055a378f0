import { startReceiver } from './receiver.ts';
import { ADMIN_KEY, type AnswerBody, type Api, keepForFile, type RunningServer } from './running-server.ts';

/** Creates a link for a tenant, and opens it: the token of the session. */
export const openPortal = async (api: Api, tenant: string, fields: object = {}): Promise<string> => {
  const { body } = await api(`POST /v1/tenants/${tenant}/portal-sessions`, fields);
  const token = new URL((body as AnswerBody & { readonly url: string }).url).hash.slice(1);
  const opened = await api('POST /portal/session', { token }, { key: null });
  return (opened.body as AnswerBody & { readonly token: string }).token;
};

/** The ids of one of each kind: of a tenant, of every tenant (`*`) or of none. */
export interface Possessions {
  readonly mark: string;
  readonly tenant: string | null;
  readonly hook_id: string;
  readonly number: number;
  readonly event_id: string;
  readonly delivery_id: string;
  readonly recovery_id: string;
  readonly idempotency_key: string;
}

interface NewPossessions {
  readonly mark: string;
  /** The tenant of the hook; absent for none. */
  readonly tenant?: string;
  /** The tenant of the event; absent for none. */
  readonly event_tenant?: string;
}

const SINCE = new Date(0).toISOString();

/** Creates one of each kind, with a mark in every text. */
export const addPossessions = async (
  server: RunningServer,
  { mark, tenant, event_tenant }: NewPossessions,
): Promise<Possessions> => {
  const { api } = server;
  const receiver = await keepForFile(startReceiver());
  const idempotency_key = `${mark}-key`;
  const hook = await server.addHook(`${receiver.origin}/${mark}`, {
    ...(tenant === undefined ? {} : { tenant }),
    name: mark,
    description: mark,
    metadata: { of: mark },
    idempotency_key,
  });
  const event = await server.send({
    type: 'order.created',
    data: { of: event_tenant ?? mark },
    metadata: { of: mark },
    idempotency_key,
    ...(event_tenant === undefined ? {} : { tenant: event_tenant }),
  });
  const [delivery] = (await server.deliveries(`event_id=${event.id}&hook_id=${hook.id}`)) as [AnswerBody];
  await server.deliveryIn(delivery.id, 'succeeded');
  const selected = { hook_id: hook.id, since: SINCE, statuses: ['failed'] };
  const { body: recovery } = await api('POST /v1/recoveries', selected);
  const { number } = hook as AnswerBody & { readonly number: number };
  return {
    mark,
    tenant: tenant ?? null,
    hook_id: hook.id,
    number,
    event_id: event.id,
    delivery_id: delivery.id,
    recovery_id: recovery.id,
    idempotency_key,
  };
};

/** Everything that an admin sees, but what belongs to the hooks of one tenant. */
export const othersOf = async (api: Api, own: string): Promise<string> => {
  const read = async (path: string) =>
    (await api(`GET /v1/${path}?limit=1000`, undefined, { key: ADMIN_KEY })).body
      .data as unknown as readonly {
      readonly id: string;
      readonly hook_id?: string | null;
      readonly tenant?: string | null;
    }[];
  const hooks = await read('webhooks');
  const own_hooks = new Set(hooks.filter(({ tenant }) => tenant === own).map(({ id }) => id));
  const of_others = [
    hooks.filter(({ id }) => !own_hooks.has(id)),
    (await read('deliveries')).filter(({ hook_id }) => !own_hooks.has(hook_id ?? '')),
    (await read('recoveries')).filter(({ hook_id, tenant }) =>
      hook_id === undefined || hook_id === null ? tenant !== null : !own_hooks.has(hook_id),
    ),
    (await read('events')).filter(({ tenant }) => tenant !== own),
    await read('event-types'),
    await read('tenants').then((all) => all.filter(({ tenant }) => tenant !== own)),
    await read('api-keys'),
    await read('workspaces'),
  ];
  return JSON.stringify(of_others);
};
