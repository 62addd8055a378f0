/** The URL at which programs on this machine reach a server that listens on `host`. */
export const reachableUrl = (host: string, port: number | string): string => {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};
