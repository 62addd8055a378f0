import { isIP } from 'node:net';
import type { UrlPolicy, UrlRefusal, UrlVerdict } from '../ports/url-policy.ts';
import type { AddressPolicy } from './address-policy.ts';
import { isWebPort } from './dangerous-ports.ts';
import type { HostPolicy, HostRefusal } from './host-policy.ts';
import { isLocalhost, isSpecialUseName, withoutTrailingDot } from './special-names.ts';
import type { StaticHosts } from './static-hosts.ts';

const MAX_URL_LENGTH = 2048;

const ALLOWED: UrlVerdict = { ok: true };

const refuse = (refusal: UrlRefusal, message: string): UrlVerdict => ({ ok: false, refusal, message });

// `new URL` silently drops tab, CR and LF and turns `\` into `/`, so the raw text is checked for them.
const UNSAFE_CHARACTER = /[\p{Cc}\s\\]/u;

// `https://@host/` has empty credentials, which `new URL` drops.
const HAS_CREDENTIALS = /^[^:/?#]*:\/*[^/?#]*@/;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const checkText = (text: string): UrlVerdict => {
  if (text.length > MAX_URL_LENGTH) {
    return refuse(
      'url_malformed',
      `The URL has ${text.length} characters; the maximum is ${MAX_URL_LENGTH}. Shorten it.`,
    );
  }
  if (UNSAFE_CHARACTER.test(text)) {
    return refuse(
      'url_malformed',
      'The URL contains a space, a control character or a backslash. Percent-encode or remove it.',
    );
  }
  return ALLOWED;
};

const checkParts = (text: string, url: URL): UrlVerdict => {
  const defaultPort = DEFAULT_PORTS[url.protocol];
  if (defaultPort === undefined) {
    return refuse(
      'url_scheme',
      `The URL starts with "${url.protocol}", but webhooks are sent over HTTP. Use an https:// or http:// URL.`,
    );
  }
  if (HAS_CREDENTIALS.test(text)) {
    return refuse(
      'url_credentials',
      'The URL contains a user name or password. Remove them; send an authorization header instead.',
    );
  }
  if (text.includes('#')) {
    return refuse(
      'url_fragment',
      'The URL contains a fragment ("#…"), which is never sent to a server. Remove it.',
    );
  }
  const port = url.port === '' ? defaultPort : Number(url.port);
  if (!isWebPort(port)) {
    return refuse(
      'url_port',
      `The URL's port ${port} belongs to another kind of service. Use 443, 80 or a port from 1024 up that is not that of a database or the like.`,
    );
  }
  return ALLOWED;
};

const privateAddress = (host: string, cidr: string): string =>
  `The URL's host ${host} is not a public address, and by default Bellwire does not send to private, local or reserved networks. ` +
  `If this receiver is yours, start Bellwire with its network in BELLWIRE_ALLOW_NETWORKS, such as ${cidr}. ` +
  'Addresses of cloud metadata services remain blocked.';

const checkLiteral = (host: string, policy: AddressPolicy): UrlVerdict =>
  policy.allows(host)
    ? ALLOWED
    : refuse('url_address', privateAddress(host, `${host}/${isIP(host) === 4 ? 32 : 128}`));

const isDnsName = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => label.length > 0 && label.length <= 63);

const checkName = (name: string): UrlVerdict => {
  if (!isDnsName(name)) {
    return refuse('url_host', `The URL's host "${name}" is not a valid name. Check it for typos.`);
  }
  if (!name.includes('.')) {
    return refuse(
      'url_host',
      `The URL's host "${name}" is a single word, which resolves only inside a private network. ` +
        'Use the full name, or give its address in BELLWIRE_STATIC_HOSTS and its network in BELLWIRE_ALLOW_NETWORKS.',
    );
  }
  if (isSpecialUseName(name)) {
    return refuse(
      'url_host',
      `The URL's host "${name}" is under a top-level domain reserved for private use, so it is not a public host. ` +
        'Use a public name, or give its address in BELLWIRE_STATIC_HOSTS and its network in BELLWIRE_ALLOW_NETWORKS.',
    );
  }
  return ALLOWED;
};

const checkKnownName = (name: string, addresses: readonly string[], policy: AddressPolicy): UrlVerdict => {
  const forbidden = addresses.find((address) => !policy.allows(address));
  if (forbidden === undefined) return ALLOWED;
  const cidr = isLocalhost(name) ? '127.0.0.0/8' : `${forbidden}/${isIP(forbidden) === 4 ? 32 : 128}`;
  return refuse('url_host', privateAddress(`"${name}" (${forbidden})`, cidr));
};

const REFUSALS: Readonly<Record<HostRefusal, (host: string) => UrlVerdict>> = {
  HTTPS_REQUIRED: () =>
    refuse(
      'url_scheme',
      'This server sends only to https URLs (BELLWIRE_HTTPS_ONLY). Serve the receiver over TLS; for a self-signed certificate, set insecure_ssl.',
    ),
  HOST_REFUSED: (host) =>
    refuse(
      'url_host',
      `This server does not send to the host ${host}: BELLWIRE_REFUSE_HOSTS contains it. Use another receiver.`,
    ),
  HOST_NOT_ALLOWED: (host) =>
    refuse(
      'url_host',
      `This server sends only to the hosts in BELLWIRE_ALLOW_HOSTS, and ${host} is not one of them. Use another receiver, or add its host there.`,
    ),
};

/**
 * Checks a hook's URL when it is saved, so that its owner learns at once that it can never work. Public names are not
 * resolved: the connector checks their addresses at every connect. `static_hosts` are checked by their addresses,
 * `localhost` by 127.0.0.1.
 */
export const createUrlPolicy = (
  policy: AddressPolicy,
  host_policy: HostPolicy,
  static_hosts: StaticHosts = new Map(),
): UrlPolicy => {
  /** The addresses that are known without a lookup. */
  const addressesOf = (host: string): readonly string[] | null => {
    if (isIP(host) !== 0) return [host];
    return static_hosts.get(host) ?? (isLocalhost(host) ? ['127.0.0.1'] : null);
  };

  const checkLists = ({ protocol, hostname }: URL): UrlVerdict => {
    const host = withoutTrailingDot(hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);
    const refusal = host_policy.refuse({ protocol, host, addresses: addressesOf(host) });
    return refusal === null ? ALLOWED : REFUSALS[refusal](host);
  };

  const checkHost = (host: string): UrlVerdict => {
    if (host.startsWith('[')) return checkLiteral(host.slice(1, -1), policy);
    if (isIP(host) !== 0) return checkLiteral(host, policy);
    const name = withoutTrailingDot(host);
    const known = static_hosts.get(name);
    if (known !== undefined) return checkKnownName(name, known, policy);
    if (isLocalhost(name)) return checkKnownName(name, ['127.0.0.1'], policy);
    return checkName(name);
  };

  return {
    check: (text) => {
      const checked = checkText(text);
      if (!checked.ok) return checked;
      const url = URL.parse(text);
      if (url === null) {
        return refuse(
          'url_malformed',
          'This is not a valid URL. Use a full URL, such as https://example.com/webhooks.',
        );
      }
      const parts = checkParts(text, url);
      if (!parts.ok) return parts;
      const host = checkHost(url.hostname);
      return host.ok ? checkLists(url) : host;
    },
  };
};
