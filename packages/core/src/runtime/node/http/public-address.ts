import { BlockList, isIP, isIPv4 } from 'node:net';
import { globalUnicast6, type SpecialPurposeBlock, specialPurpose4, specialPurpose6 } from './special-purpose.js';

// Separate lists: a combined list would compare IPv4 addresses with the IPv6 forms that wrap them.
const special4 = listOf(specialPurpose4, 'ipv4');
const special6 = listOf(specialPurpose6, 'ipv6');
const unicast6 = listOf([globalUnicast6], 'ipv6');

function listOf(blocks: readonly SpecialPurposeBlock[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const { network, prefix } of blocks) list.addSubnet(network, prefix, family);
  return list;
}

/**
 * Whether an address is on the public internet: global unicast, and in no block of IANA's special-purpose registries.
 * It is not private, loopback, link-local, shared, documentation, multicast or reserved, and not an IPv6 form that
 * wraps an IPv4 address. Anything that is not an address is not public.
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
  if (isIPv4(bare)) return !special4.check(bare, 'ipv4');
  return unicast6.check(bare, 'ipv6') && !special6.check(bare, 'ipv6');
}
