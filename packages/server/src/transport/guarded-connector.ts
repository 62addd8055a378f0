import { isIP, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { GivenCertificate } from '../core/client-certificate.ts';
import { serverFaultOf } from '../core/outcome.ts';
import type { Clock } from '../ports/clock.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { DialTrace } from './dial-trace.ts';
import type { HostPolicy, HostTarget } from './host-policy.ts';
import { type DialStep, openTcp, openTls, type TlsRequest, withinStep } from './open-socket.ts';
import { type ForwardProxy, openTunnel } from './proxy-tunnel.ts';
import type { Resolver } from './resolver.ts';
import { VERDICT_MS } from './resolver-watch.ts';
import { withoutTrailingDot } from './special-names.ts';
import { errorCode } from './to-outcome.ts';
import { TransportError } from './transport-error.ts';

export interface ConnectorOptions {
  readonly address_policy: AddressPolicy;
  readonly host_policy: HostPolicy;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Skip certificate checks. */
  readonly insecure_ssl: boolean;
  readonly client_certificate: GivenCertificate | null;
  readonly proxy: ForwardProxy | null;
}

/** Opens a connection for an exchange. */
export type Dial = (target: buildConnector.Options, trace: DialTrace) => Promise<Socket>;

// A host that has not answered by then will not answer, even if the request has far more time.
const MAX_STEP_MS = 10_000;
const MAX_VETTING_MS = 2_000;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Checks every address, not only the one to dial: filtering would let an attacker retry until one slips through. */
const refuseForbidden = (policy: AddressPolicy, addresses: readonly string[], isLiteral: boolean): void => {
  if (addresses.length === 0 || !addresses.every((address) => policy.allows(address))) {
    throw new TransportError(isLiteral ? 'ADDRESS_FORBIDDEN' : 'ANSWER_FORBIDDEN');
  }
};

// Without IPv6 on this machine, every IPv6 address fails so.
const saysNoAddress = (error: unknown): boolean => errorCode(error) === 'EADDRNOTAVAIL';

/**
 * The failure that describes a host of which no address could be connected: a fault of this server, because then not
 * every address was tried; else the last one.
 */
const decisive = (failures: readonly unknown[]): unknown =>
  failures.find((error) => serverFaultOf(errorCode(error)) !== null && !saysNoAddress(error)) ??
  failures.findLast((error) => !saysNoAddress(error)) ??
  failures.at(-1);

/** One of `shares` equal parts of the exchange's remaining time. */
const stepOf = (clock: Clock, trace: DialTrace, shares: number): DialStep => {
  const left_ms = trace.deadline_at - clock.monotonic();
  if (left_ms <= 0) throw new TransportError('DIAL_TIMEOUT');
  return { clock, limit_ms: Math.min(MAX_STEP_MS, left_ms / shares) };
};

/** Ends early enough for the verdict on a lookup that timed out. */
const lookupStep = (clock: Clock, trace: DialTrace): DialStep => {
  const { limit_ms } = stepOf(clock, trace, 1);
  return { clock, limit_ms: Math.max(limit_ms - VERDICT_MS, limit_ms / 2) };
};

const lookUp = async (
  { resolver, clock }: ConnectorOptions,
  name: string,
  trace: DialTrace,
): Promise<readonly string[]> => {
  const started = clock.monotonic();
  try {
    const addresses = await withinStep(lookupStep(clock, trace), resolver.resolve(name));
    trace.dns_ms = clock.monotonic() - started;
    return addresses;
  } catch (error) {
    throw (await resolver.isDown(name, error)) ? new TransportError('RESOLVER_DOWN') : error;
  }
};

const assertAllowed = (policy: HostPolicy, target: HostTarget): void => {
  const refusal = policy.refuse(target);
  if (refusal !== null) throw new TransportError(refusal);
};

/** The receiver of a request. */
interface Place {
  readonly protocol: string;
  readonly name: string;
  readonly port: number;
}

const findAddresses = async (
  options: ConnectorOptions,
  { name, protocol }: Place,
  trace: DialTrace,
): Promise<readonly string[]> => {
  const { address_policy, host_policy } = options;
  const isLiteral = isIP(name) !== 0;
  const target = { protocol, host: name };
  assertAllowed(host_policy, { ...target, addresses: isLiteral ? [name] : null });
  trace.phase = 'dns';
  const addresses = isLiteral ? [name] : await lookUp(options, name, trace);
  refuseForbidden(address_policy, addresses, isLiteral);
  if (!isLiteral) assertAllowed(host_policy, { ...target, addresses });
  return addresses;
};

/**
 * Refuses what this server can see: a literal, or a name with a forbidden address. The proxy resolves the name again, and
 * in a network that requires a proxy, this server often cannot.
 */
const vetForProxy = async (
  options: ConnectorOptions,
  { name, protocol }: Place,
  trace: DialTrace,
): Promise<void> => {
  const { address_policy, host_policy, resolver, clock } = options;
  const isLiteral = isIP(name) !== 0;
  const target = { protocol, host: name };
  assertAllowed(host_policy, { ...target, addresses: isLiteral ? [name] : null });
  if (isLiteral) {
    refuseForbidden(address_policy, [name], true);
    return;
  }
  trace.phase = 'dns';
  const { limit_ms } = stepOf(clock, trace, 2);
  const step = { clock, limit_ms: Math.min(limit_ms, MAX_VETTING_MS) };
  const addresses = await withinStep(step, resolver.resolve(name)).catch(() => []);
  if (addresses.length > 0) refuseForbidden(address_policy, addresses, false);
  // Without an address, only its name can allow it.
  assertAllowed(host_policy, { ...target, addresses });
};

/** A connection to a receiver through the proxy. */
const connectThrough = async (
  proxy: ForwardProxy,
  options: ConnectorOptions,
  { trace, ...place }: Place & { readonly trace: DialTrace },
): Promise<Socket> => {
  const { clock, resolver } = options;
  await vetForProxy(options, place, trace);
  trace.phase = 'connect';
  const opened = async (): Promise<Socket> => {
    const { hostname } = proxy;
    const found =
      isIP(hostname) === 0 ? withinStep(stepOf(clock, trace, 1), resolver.resolve(hostname)) : [hostname];
    return connectFirst(clock, { addresses: await found, port: proxy.port }, trace);
  };
  const socket = await opened().catch((error: unknown) => {
    throw serverFaultOf(errorCode(error)) === null ? new TransportError('PROXY_FAILED') : error;
  });
  await openTunnel(socket, { proxy, name: place.name, port: place.port }, stepOf(clock, trace, 1));
  return socket;
};

const connectFirst = async (
  clock: Clock,
  { addresses, port }: { readonly addresses: readonly string[]; readonly port: number },
  trace: DialTrace,
): Promise<Socket> => {
  trace.phase = 'connect';
  const started = clock.monotonic();
  const failures: unknown[] = [];
  for (const [index, address] of addresses.entries()) {
    const step = stepOf(clock, trace, addresses.length - index);
    try {
      const socket = await openTcp(address, port, step);
      trace.connect_ms = clock.monotonic() - started;
      trace.remote_address = address;
      return socket;
    } catch (error) {
      failures.push(error);
    }
  }
  throw decisive(failures);
};

/**
 * Guards against requests to forbidden addresses: resolves the name, refuses it if any address is forbidden, and dials
 * the checked addresses themselves, so that a second DNS answer changes nothing. Literals are checked the same way (a
 * `lookup` hook would be skipped for them). The certificate and SNI are those of the name.
 *
 * With a proxy, the proxy resolves the name: only what this server can see is checked.
 *
 * If an address cannot be connected, the next one is tried; each gets an equal share of the request's remaining time,
 * at most 10 s. Phases, times and the address are recorded in the trace.
 */
export const createGuardedDial = (options: ConnectorOptions): Dial => {
  const { clock } = options;
  // undici's timer is off: the exchange's deadline limits every step.
  const { insecure_ssl, client_certificate } = options;
  const startTls = buildConnector({
    allowH2: false,
    timeout: 0,
    rejectUnauthorized: !insecure_ssl,
    ...(client_certificate === null
      ? {}
      : { cert: client_certificate.certificate, key: client_certificate.key }),
  });

  const secure = async (request: TlsRequest, trace: DialTrace): Promise<Socket> => {
    trace.phase = 'tls';
    const started = clock.monotonic();
    const socket = await openTls(startTls, request, stepOf(clock, trace, 1));
    trace.tls_ms = clock.monotonic() - started;
    return socket;
  };

  return async (target, trace) => {
    trace.dialled = true;
    trace.remote_address = null;
    const name = withoutTrailingDot(target.hostname);
    const port = target.port === '' ? (DEFAULT_PORTS[target.protocol] ?? 0) : Number(target.port);
    const { proxy } = options;
    const place = { protocol: target.protocol, name, port };
    const tcp =
      proxy === null
        ? await connectFirst(clock, { addresses: await findAddresses(options, place, trace), port }, trace)
        : await connectThrough(proxy, options, { ...place, trace });
    if (target.protocol === 'https:') {
      // SNI is for names only (RFC 6066 section 3); for the certificate, undici falls back to the host.
      const sni = isIP(name) === 0 ? { servername: name } : {};
      const socket = await secure({ ...target, hostname: name, ...sni, httpSocket: tcp }, trace);
      trace.phase = 'headers';
      return socket;
    }
    trace.phase = 'headers';
    return tcp;
  };
};
