import { BlockList, isIP, isIPv4 } from 'node:net';

// Two lists: a list that holds both kinds compares IPv4 addresses with the IPv6 forms that wrap them.
const refused4 = new BlockList();
const refused6 = new BlockList();

for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  refused4.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96], // unspecified, loopback, and IPv4 in its old disguise
  ['::ffff:0:0', 96], // IPv4 in its present disguise
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  refused6.addSubnet(network, prefix, 'ipv6');
}

/**
 * Whether an address is one of the public internet: not private, loopback, link-local, shared, reserved, multicast, nor an
 * IPv6 form that wraps an IPv4 address. What is no address at all is not public.
 *
 * @example
 * ```ts
 * import { isPublicAddress } from '@clickmask/core/adapters';
 *
 * console.log(isPublicAddress('169.254.169.254'), isPublicAddress('1.1.1.1')); // false true
 * ```
 */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIP(bare) === 0) return false;
  return isIPv4(bare) ? !refused4.check(bare, 'ipv4') : !refused6.check(bare, 'ipv6');
}
