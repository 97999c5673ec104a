/** CRC-32 as in zlib and PNG (ISO 3309), of plain ASCII text. */

const TABLE = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLE[byte] = value;
}

export function crc32(text: string): number {
  let value = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) value = (value >>> 8) ^ (TABLE[(value ^ text.charCodeAt(at)) & 0xff] as number);
  return (value ^ 0xffffffff) >>> 0;
}
