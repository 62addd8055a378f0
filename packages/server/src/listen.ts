import { systemClock } from './clock.ts';
import { listen as listenWith, type Listening, type ListenOptions } from './http/listen.ts';

/**
 * Serves the app on a port. Port 0 selects a free port. On loopback, requests for other hosts than this machine and that
 * of `public_url` get 421 `host_refused`.
 * @throws BellwireError `port_taken`, `config_invalid`.
 */
export const listen = (
  fetch: (request: Request) => Response | Promise<Response>,
  options: Omit<ListenOptions, 'clock'>,
): Promise<Listening> => listenWith(fetch, { ...options, clock: systemClock });
