/**
 * IPv4 blocks outside the public internet: every row of the IANA IPv4 Special-Purpose Address Registry
 * (RFC 6890 and its updates), multicast (RFC 5771) and Azure's platform address.
 */
export const SPECIAL_IPV4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
];

/** The only IPv6 block that IANA allocates as global unicast; everything outside it is refused. */
export const GLOBAL_IPV6 = '2000::/3';

/** Blocks inside 2000::/3 but outside the public internet: IETF protocols, documentation, 6to4, AS112. */
export const SPECIAL_IPV6: readonly string[] = [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '2620:4f:8000::/48',
];

/**
 * Metadata services, which hand out cloud credentials: all of link-local (AWS, GCP, Azure, ECS), Alibaba,
 * Oracle, Azure's wire server, and over IPv6 AWS, GCP, Scaleway and OpenStack.
 */
export const METADATA_NETWORKS: readonly string[] = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  'fd00:ec2::254/128',
  'fd00:ec2::23/128',
  'fd20:ce::254/128',
  'fd00:42::42/128',
  'fe80::a9fe:a9fe/128',
];
