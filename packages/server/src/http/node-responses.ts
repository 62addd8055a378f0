/** Of a response of Node's `http`. */
export interface NodeResponse {
  /** Whether its connection has been closed. */
  readonly destroyed: boolean;
  readonly destroy: () => void;
  /** Calls the listener when everything is with the system, or the connection has been closed. */
  readonly once: (event: 'close', listener: () => void) => void;
}

const responses = new WeakMap<Request, NodeResponse>();

/** Remembers by which response of Node a request is answered. */
export const noteNodeResponse = (request: Request, response: NodeResponse): void => {
  responses.set(request, response);
};

/** Undefined for a request that another server has received. */
export const nodeResponseOf = (request: Request): NodeResponse | undefined => responses.get(request);
