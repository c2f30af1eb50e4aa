/** A block of addresses that IANA reserves, and its purpose. */
export interface SpecialPurposeBlock {
  readonly network: string;
  readonly prefix: number;
  readonly purpose: string;
}

const block = (network: string, prefix: number, purpose: string): SpecialPurposeBlock => ({ network, prefix, purpose });

/**
 * The IPv4 Special-Purpose Address Registry, and multicast, which has its own registry.
 *
 * Source: https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export const specialPurpose4: readonly SpecialPurposeBlock[] = [
  block('0.0.0.0', 8, 'this network'),
  block('10.0.0.0', 8, 'private use'),
  block('100.64.0.0', 10, 'shared address space'),
  block('127.0.0.0', 8, 'loopback'),
  block('169.254.0.0', 16, 'link local'),
  block('172.16.0.0', 12, 'private use'),
  block('192.0.0.0', 24, 'protocol assignments: DS-Lite, PCP and TURN anycast, NAT64 discovery'),
  block('192.0.2.0', 24, 'documentation (TEST-NET-1)'),
  block('192.31.196.0', 24, 'AS112'),
  block('192.52.193.0', 24, 'AMT'),
  block('192.88.99.0', 24, '6to4 relay anycast'),
  block('192.168.0.0', 16, 'private use'),
  block('192.175.48.0', 24, 'direct delegation AS112 service'),
  block('198.18.0.0', 15, 'benchmarking'),
  block('198.51.100.0', 24, 'documentation (TEST-NET-2)'),
  block('203.0.113.0', 24, 'documentation (TEST-NET-3)'),
  block('224.0.0.0', 4, 'multicast'),
  block('240.0.0.0', 4, 'reserved, and limited broadcast'),
];

/**
 * The blocks of the IPv6 Special-Purpose Address Registry within global unicast space.
 *
 * Source: https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export const specialPurpose6: readonly SpecialPurposeBlock[] = [
  block('2001::', 23, 'protocol assignments: Teredo, anycast, benchmarking, AMT, AS112, ORCHID, drones'),
  block('2001:db8::', 32, 'documentation'),
  block('2002::', 16, '6to4, which wraps an IPv4 address'),
  block('2620:4f:8000::', 48, 'direct delegation AS112 service'),
  block('3fff::', 20, 'documentation'),
];

/**
 * The only IPv6 space that IANA assigns to internet hosts. Everything else is special or reserved: unspecified,
 * loopback, wrapped IPv4 (`::7f00:1`, `::ffff:7f00:1`, `::ffff:0:7f00:1`, `64:ff9b::7f00:1`), discard, segment routing,
 * unique local, link and site local, multicast.
 *
 * Source: https://www.iana.org/assignments/ipv6-address-space
 */
export const globalUnicast6: SpecialPurposeBlock = block('2000::', 3, 'global unicast');
