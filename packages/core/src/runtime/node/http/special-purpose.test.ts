import { BlockList, isIPv4 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from './public-address.js';
import { globalUnicast6, specialPurpose4, specialPurpose6 } from './special-purpose.js';

/** Every record of both registries (of October 2025), by block; our own tables may say several of them in one. */
const records4 = `
  0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
  192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24
  192.88.99.0/24 192.88.99.2/32 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
  255.255.255.255/32`;
const records6 = `
  ::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128
  2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32
  2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10`;

const blocksOf = (text: string) => text.trim().split(/\s+/);

function toBits(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head, tail] = address.split('::').map((half) => half.split(':').filter((part) => part !== ''));
  const parts = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return parts.reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}

function toAddress(bits: bigint, isFour: boolean): string {
  const parts = Array.from({ length: isFour ? 4 : 8 }, (_, i) =>
    isFour ? (bits >> BigInt(8 * (3 - i))) & 0xffn : (bits >> BigInt(16 * (7 - i))) & 0xffffn,
  );
  return isFour ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
}

/** The first address of a block, one in the middle, and the last; and those right before and after it. */
function placesOf(block: string) {
  const [network, prefix] = block.split('/');
  const isFour = isIPv4(network);
  const first = toBits(network);
  const size = 1n << BigInt((isFour ? 32 : 128) - Number(prefix));
  const name = (bits: bigint) => toAddress(bits, isFour);
  const end = 1n << (isFour ? 32n : 128n);
  return {
    inside: [first, first + size / 2n, first + size - 1n].map(name),
    beside: [first - 1n, first + size].filter((bits) => bits >= 0n && bits < end).map(name),
  };
}

describe.each([
  ['IPv4', blocksOf(records4), specialPurpose4],
  ['IPv6', blocksOf(records6), specialPurpose6],
] as const)('the registry of special purposes of %s', (family, blocks, own) => {
  it.each(blocks)('%s is not public, to its last address', (block) => {
    for (const address of placesOf(block).inside) expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });

  it('takes no more than its blocks', () => {
    const known = new BlockList();
    const kind = family === 'IPv4' ? 'ipv4' : 'ipv6';
    for (const block of [...blocks, '224.0.0.0/4'].filter((one) => isIPv4(one.split('/')[0]) === (kind === 'ipv4'))) {
      const [network, prefix] = block.split('/');
      known.addSubnet(network, Number(prefix), kind);
    }
    const unicast = new BlockList();
    unicast.addSubnet(globalUnicast6.network, globalUnicast6.prefix, 'ipv6');
    const beside = own.flatMap(({ network, prefix }) => placesOf(`${network}/${prefix}`).beside);
    const free = beside.filter(
      (address) => !known.check(address, kind) && (kind === 'ipv4' || unicast.check(address, 'ipv6')),
    );
    expect(free.length).toBeGreaterThan(own.length / 2);
    expect(free.filter((address) => !isPublicAddress(address))).toEqual([]);
  });
});
