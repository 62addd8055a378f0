import { isJsonObject, type JsonObject } from '../../packages/server/src/core/json.ts';
import { startVirtualServer, type VirtualServerOptions } from './virtual-server.ts';

export interface ReceivedNotice {
  readonly type: string;
  readonly data: JsonObject;
}

/** A virtual server with hooks for operational events, which begin with `/notices`. */
export const startNoticeServer = async (options: VirtualServerOptions = {}) => {
  const server = await startVirtualServer(options);
  return {
    server,
    /** A hook for every operational event. */
    watch: (path = '/notices', fields: object = {}) =>
      server.addHook(path, { events: ['bellwire.*'], ...fields }),
    /** The operational events in requests to a path, in order. */
    received: (path = '/notices'): readonly ReceivedNotice[] =>
      server.sentTo(path).flatMap(({ request: { body } }): readonly ReceivedNotice[] => {
        const sent: unknown = JSON.parse(body);
        const { type, data } = isJsonObject(sent) ? sent : {};
        if (typeof type !== 'string' || !isJsonObject(data)) throw new Error(`not an event: ${body}`);
        return [{ type, data }];
      }),
    /** The stored operational events, the oldest first. */
    stored: async () => {
      const { body } = await server.api('GET /v1/events?limit=1000&include=data');
      const events = body.data as unknown as readonly (ReceivedNotice & { readonly id: string })[];
      return events.filter(({ type }) => type.startsWith('bellwire.')).toReversed();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
