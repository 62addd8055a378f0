import { systemClock } from './clock.ts';
import { BellwireError } from './core/errors.ts';
import { type AddressPolicy, createAddressPolicy } from './transport/address-policy.ts';
import { createHostPolicy, type HostPolicy } from './transport/host-policy.ts';
import { type ForwardProxy, parseProxy } from './transport/proxy-tunnel.ts';
import { createResolver, type Resolver } from './transport/resolver.ts';
import { createStaticHosts } from './transport/static-hosts.ts';
import { createUrlPolicy } from './transport/url-policy.ts';
import type { UrlPolicy } from './ports/url-policy.ts';

/** The network settings, as plain data that can be passed to a thread. */
export interface NetworkSettings {
  readonly allow_networks: readonly string[];
  readonly allow_metadata: boolean;
  /** Null allows every host. */
  readonly allow_hosts: readonly string[] | null;
  readonly refuse_hosts: readonly string[];
  readonly https_only: boolean;
  /** `name=address,…` */
  readonly static_hosts: string | null;
  /** `http://user:password@host:port` */
  readonly proxy: string | null;
}

export interface Network {
  readonly address_policy: AddressPolicy;
  readonly host_policy: HostPolicy;
  readonly url_policy: UrlPolicy;
  readonly resolver: Resolver;
  readonly proxy: ForwardProxy | null;
}

const parseStaticHosts = (text: string | null): Record<string, string[]> => {
  const hosts: Record<string, string[]> = {};
  for (const entry of text?.split(',') ?? []) {
    const [name = '', address = ''] = entry.trim().split('=');
    (hosts[name] ??= []).push(address);
  }
  return hosts;
};

const configured = <T>(name: string, create: () => T): T => {
  try {
    return create();
  } catch (error) {
    throw new BellwireError(
      'config_invalid',
      `Invalid ${name}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
};

const createConfiguredHosts = ({ allow_hosts, refuse_hosts, https_only }: NetworkSettings): HostPolicy => {
  const refusing = { allow_hosts: null, refuse_hosts: [...refuse_hosts], https_only };
  // Each list by itself first, so that the error names the right one.
  configured('BELLWIRE_REFUSE_HOSTS', () => createHostPolicy(refusing));
  return configured('BELLWIRE_ALLOW_HOSTS', () => createHostPolicy({ ...refusing, allow_hosts }));
};

/**
 * The address policy, host policy, URL policy and resolver of one thread.
 * @throws BellwireError `config_invalid`
 */
export const openNetwork = (settings: NetworkSettings): Network => {
  const address_policy = configured('BELLWIRE_ALLOW_NETWORKS', () =>
    createAddressPolicy({ ...settings, allow_networks: [...settings.allow_networks] }),
  );
  const host_policy = createConfiguredHosts(settings);
  const static_hosts = configured('BELLWIRE_STATIC_HOSTS', () =>
    createStaticHosts(parseStaticHosts(settings.static_hosts)),
  );
  const { proxy } = settings;
  return {
    proxy: proxy === null ? null : configured('BELLWIRE_PROXY', () => parseProxy(proxy)),
    address_policy,
    host_policy,
    url_policy: createUrlPolicy(address_policy, host_policy, static_hosts),
    resolver: createResolver({ clock: systemClock, static_hosts }),
  };
};
