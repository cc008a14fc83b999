const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
const PRIME_LOW = 0x1b3;

/**
 * The 64-bit FNV-1a hash (Fowler, Noll, Vo; RFC 9923) of a text's UTF-8 bytes, as 16 hexadecimal digits. Good for
 * keys, not against an attacker.
 */
export function hash64(text: string): string {
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0;
    // times the prime 2^40 + 0x1b3, modulo 2^64, in two halves: the products stay below 2^53
    const product = low * PRIME_LOW;
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
