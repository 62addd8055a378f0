import type { UrlRefusal } from '../../packages/server/src/ports/url-policy.ts';
import { words } from '../support/words.ts';

export interface HostileRow {
  readonly row: string;
  readonly refusal: UrlRefusal;
  readonly urls: readonly string[];
}

const http = (hosts: readonly string[]): string[] => hosts.map((host) => `http://${host}/`);

/** One IPv4 address in the notations that URL parsers read: dotted, decimal, hex, octal, padded octal. */
const notations = (address: string): string[] => {
  const octets = address.split('.').map(Number);
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return [
    address,
    String(number),
    `0x${number.toString(16)}`,
    octets.map((octet) => `0x${octet.toString(16)}`).join('.'),
    octets.map((octet) => `0${octet.toString(8)}`).join('.'),
    octets.map((octet) => octet.toString(8).padStart(6, '0')).join('.'),
  ];
};

const EDGES = words`
  10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255
  100.64.0.0 100.127.255.255 198.18.0.0 198.19.255.255 192.88.99.0 192.88.99.255
  192.0.0.0 192.0.0.255 192.0.2.1 198.51.100.1 203.0.113.1 192.31.196.1 192.52.193.1 192.175.48.1
  224.0.0.1 239.255.255.255 240.0.0.0 255.255.255.254 255.255.255.255
`;

const LOOPBACK = words`
  127.0.0.1 127.1 127.0.1 127.255.255.255 127.000.000.001 2130706433 0x7f000001
  0x7f.1 0177.0.0.1 017700000001 0 0.0.0.0:8080 127.0.0.1.
`;
const LOOPBACK_V6 = words`
  [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0000:0000:0000:0000:0000:ffff:7f00:0001]:9854
`;
const TRANSLATED = words`
  [64:ff9b::127.0.0.1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe] [2002:7f00:1::1] [2002:a9fe:a9fe::1]
  [2001:0:4136:e378:8000:63bf:3fff:fdd2]
`;
const SPECIAL_V6 = words`
  [fd00:ec2::254] [fd7a:115c:a1e0::1] [fe80::1] [febf:ffff::dead:beef] [fec0::1] [ff02::1] [5f00::dead:beef]
  [100::1:2:3:4] [2001:db8::1] [3fff::dead:beef] [1::1]
`;
const METADATA = words`
  169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518
  169.254.170.2 100.100.100.200 192.0.0.192 168.63.129.16
`;
const PORTS = words`22 25 53 6379 0 3306 5432 11211 27017 9200 1023`;

const DROPPED_CHARACTERS = [
  ...words`http://example.com\@127.0.0.1/ http:\\127.0.0.1 http://127.0.0.1%00.example.com/`,
  'http://127.0.\t0.1/',
  ' http://example.com/',
  'http://exa mple.com/',
  'http://example.com/\u0000',
  'http://example.com/a\n',
  'http://example.com/a\r\nx: y',
];
const SCHEMES = words`
  file:///etc/passwd gopher://127.0.0.1:6379/_x ftp://example.com/ unix:/var/run/docker.sock
  javascript://example.com/%0aalert(1) data:text/plain,hi ws://example.com/
`;

const row = (name: string, refusal: UrlRefusal, urls: readonly string[]): HostileRow => ({
  row: name,
  refusal,
  urls,
});

/** URLs of which none may be connected when no network is allowed. */
export const HOSTILE_ROWS: readonly HostileRow[] = [
  row('loopback in every notation', 'url_address', http(LOOPBACK)),
  row('localhost', 'url_host', http(words`localhost localhost. LOCALHOST foo.localhost`)),
  row('IPv6 loopback and mapped IPv4', 'url_address', http(LOOPBACK_V6)),
  row(
    'compatible, SIIT, ISATAP',
    'url_address',
    http(words`[::127.0.0.1] [::ffff:0:127.0.0.1] [::5efe:7f00:1]`),
  ),
  row('NAT64, 6to4, Teredo', 'url_address', http(TRANSLATED)),
  row('special IPv6', 'url_address', http(SPECIAL_V6)),
  row('malformed literals', 'url_malformed', http(words`[::1%25lo] [fe80::1%25eth0] [127.0.0.1] ::1`)),
  row(
    'other digits and dots',
    'url_address',
    http(words`①②⑦.⓪.⓪.① 127。0。0。1 ⑯⑨.②⑤④.①⑥⑨.②⑤④ %31%32%37.0.0.1`),
  ),
  row('metadata addresses', 'url_address', http(METADATA)),
  row('numbers beyond 32 bits', 'url_malformed', http(words`425.510.425.510 7147006462`)),
  row('metadata names', 'url_host', http(words`metadata.google.internal metadata`)),
  row('edges of networks in every notation', 'url_address', http(EDGES.flatMap(notations))),
  row(
    'credentials',
    'url_credentials',
    words`http://user:pass@example.com/ http://A.com@127.0.0.1/ http://@example.com/ https://:@example.com/`,
  ),
  row('characters that parsers drop or replace', 'url_malformed', DROPPED_CHARACTERS),
  row('single slash', 'url_address', words`http:/127.0.0.1/ http:127.0.0.1 http:///127.0.0.1/`),
  row('fragments', 'url_fragment', words`http://127.0.0.1#@example.com https://example.com/#`),
  row('no host', 'url_malformed', ['', ...words`//127.0.0.1/ http:/// http://[]/ http://:8080 example.com`]),
  row('other schemes', 'url_scheme', SCHEMES),
  row('ports of other services', 'url_port', http(PORTS.map((port) => `example.com:${port}`))),
  row(
    'numbers that are neither address nor port',
    'url_malformed',
    http(words`example.com:65536 1.1.1.1.1 256.256.256.256 0x100000000`),
  ),
];
