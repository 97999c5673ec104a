/** QR codes: byte mode, error correction level M, versions 1 to 20 (ISO/IEC 18004). Enough for an address or an authenticator's URI. */

const ECC_PER_BLOCK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const LEVEL_M = 0;

type Grid = boolean[][];

/** Dark modules row by row. Throws `RangeError` for a text that is too long. */
export function qrCode(text: string, forcedMask?: number): Grid {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, at) => bitsNeeded(bytes.length, at + 1) <= dataCodewords(at + 1) * 8) + 1;
  if (version === 0) throw new RangeError("too long for a QR code");
  const size = version * 4 + 17;
  const [grid, fixed] = [blank(size), blank(size)];
  drawFunctionPatterns(grid, fixed, version);
  drawCodewords(grid, fixed, interleaved(codewords(bytes, version), version));
  const masks = forcedMask === undefined ? [0, 1, 2, 3, 4, 5, 6, 7] : [forcedMask];
  let best: { grid: Grid; penalty: number } | null = null;
  for (const mask of masks) {
    const tried = grid.map((row, y) => row.map((dark, x) => dark !== (!at(fixed, x, y) && isMasked(mask, x, y))));
    drawFormat(tried, fixed, mask);
    const penalty = penaltyOf(tried);
    if (best === null || penalty < best.penalty) best = { grid: tried, penalty };
  }
  return best?.grid ?? grid;
}

/** The dark modules as an SVG path, with a quiet zone of four modules; and the width of the whole. */
export function qrPath(text: string): { path: string; width: number } {
  const grid = qrCode(text);
  const path = grid.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  return { path, width: grid.length + 8 };
}

function blank(size: number): Grid {
  return Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
}

function at(grid: Grid, x: number, y: number): boolean {
  return grid[y]?.[x] ?? false;
}

function set(grid: Grid, fixed: Grid, x: number, y: number, dark: boolean): void {
  const [row, fixedRow] = [grid[y], fixed[y]];
  if (!row || !fixedRow || x < 0 || x >= row.length) return;
  row[x] = dark;
  fixedRow[x] = true;
}

function rawModules(version: number): number {
  let count = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligned = Math.floor(version / 7) + 2;
    count -= (25 * aligned - 10) * aligned - 55;
    if (version >= 7) count -= 36;
  }
  return count;
}

const table = (values: number[], version: number): number => values[version - 1] ?? 0;

function dataCodewords(version: number): number {
  return Math.floor(rawModules(version) / 8) - table(ECC_PER_BLOCK, version) * table(BLOCKS, version);
}

function bitsNeeded(bytes: number, version: number): number {
  return 4 + (version < 10 ? 8 : 16) + bytes * 8;
}

function codewords(bytes: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const put = (value: number, length: number): void => {
    for (let at = length - 1; at >= 0; at--) bits.push((value >>> at) & 1);
  };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  const capacity = dataCodewords(version) * 8;
  put(0, Math.min(4, capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0));
}

/** Blocks of data and of error correction, taken in turn. */
function interleaved(data: number[], version: number): number[] {
  const [blocks, eccLength, raw] = [table(BLOCKS, version), table(ECC_PER_BLOCK, version), Math.floor(rawModules(version) / 8)];
  const [shortBlocks, shortLength] = [blocks - (raw % blocks), Math.floor(raw / blocks) - eccLength];
  const divisor = generator(eccLength);
  const parts: { data: number[]; ecc: number[] }[] = [];
  for (let number = 0, from = 0; number < blocks; number++) {
    const length = shortLength + (number < shortBlocks ? 0 : 1);
    const part = data.slice(from, from + length);
    parts.push({ data: part, ecc: remainder(part, divisor) });
    from += length;
  }
  const result: number[] = [];
  for (const kind of ["data", "ecc"] as const) {
    const longest = Math.max(...parts.map((part) => part[kind].length));
    for (let place = 0; place < longest; place++) for (const part of parts) if (place < part[kind].length) result.push(part[kind][place] ?? 0);
  }
  return result;
}

function multiply(x: number, y: number): number {
  let product = 0;
  for (let at = 7; at >= 0; at--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((y >>> at) & 1) * x;
  }
  return product & 0xff;
}

function generator(degree: number): number[] {
  const result = new Array<number>(degree).fill(0);
  result[degree - 1] = 1;
  for (let step = 0, root = 1; step < degree; step++, root = multiply(root, 2)) {
    for (let at = 0; at < degree; at++) result[at] = multiply(result[at] ?? 0, root) ^ (result[at + 1] ?? 0);
  }
  return result;
}

function remainder(data: number[], divisor: number[]): number[] {
  const result = new Array<number>(divisor.length).fill(0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0);
    result.push(0);
    divisor.forEach((coefficient, at) => (result[at] = (result[at] ?? 0) ^ multiply(coefficient, factor)));
  }
  return result;
}

function alignmentPlaces(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const size = version * 4 + 17;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => size - 7 - (count - 2 - at) * step)];
}

function drawFunctionPatterns(grid: Grid, fixed: Grid, version: number): void {
  const size = grid.length;
  for (let place = 0; place < size; place++) {
    set(grid, fixed, 6, place, place % 2 === 0);
    set(grid, fixed, place, 6, place % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) {
    for (let dy = -4; dy <= 4; dy++) for (let dx = -4; dx <= 4; dx++) {
      const ring = Math.max(Math.abs(dx), Math.abs(dy));
      set(grid, fixed, x + dx, y + dy, ring !== 2 && ring !== 4);
    }
  }
  const places = alignmentPlaces(version);
  const last = places.length - 1;
  places.forEach((x, i) => places.forEach((y, j) => {
    if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) return;
    for (let dy = -2; dy <= 2; dy++) for (let dx = -2; dx <= 2; dx++) set(grid, fixed, x + dx, y + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
  }));
  drawFormat(grid, fixed, 0);
  drawVersion(grid, fixed, version);
}

function drawVersion(grid: Grid, fixed: Grid, version: number): void {
  if (version < 7) return;
  let rest = version;
  for (let step = 0; step < 12; step++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let place = 0; place < 18; place++) {
    const [a, b] = [grid.length - 11 + (place % 3), Math.floor(place / 3)];
    set(grid, fixed, a, b, ((bits >>> place) & 1) === 1);
    set(grid, fixed, b, a, ((bits >>> place) & 1) === 1);
  }
}

function drawFormat(grid: Grid, fixed: Grid, mask: number): void {
  const data = (LEVEL_M << 3) | mask;
  let rest = data;
  for (let step = 0; step < 10; step++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  const bit = (place: number): boolean => ((bits >>> place) & 1) === 1;
  const size = grid.length;
  for (let place = 0; place <= 5; place++) set(grid, fixed, 8, place, bit(place));
  set(grid, fixed, 8, 7, bit(6));
  set(grid, fixed, 8, 8, bit(7));
  set(grid, fixed, 7, 8, bit(8));
  for (let place = 9; place < 15; place++) set(grid, fixed, 14 - place, 8, bit(place));
  for (let place = 0; place < 8; place++) set(grid, fixed, size - 1 - place, 8, bit(place));
  for (let place = 8; place < 15; place++) set(grid, fixed, 8, size - 15 + place, bit(place));
  set(grid, fixed, 8, size - 8, true);
}

function drawCodewords(grid: Grid, fixed: Grid, data: number[]): void {
  const size = grid.length;
  let place = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) for (const x of [right, right - 1]) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      const row = grid[y];
      if (!row || at(fixed, x, y) || place >= data.length * 8) continue;
      row[x] = (((data[place >>> 3] ?? 0) >>> (7 - (place & 7))) & 1) === 1;
      place++;
    }
  }
}

function isMasked(mask: number, x: number, y: number): boolean {
  const values = [
    (x + y) % 2, y % 2, x % 3, (x + y) % 3, (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
    ((x * y) % 2) + ((x * y) % 3), (((x * y) % 2) + ((x * y) % 3)) % 2, (((x + y) % 2) + ((x * y) % 3)) % 2,
  ];
  return values[mask] === 0;
}

/** How hard it is to read: long runs, blocks, what looks like a finder, too much of one colour. */
function penaltyOf(grid: Grid): number {
  const size = grid.length;
  const columns = Array.from({ length: size }, (_, x) => grid.map((row) => row[x] ?? false));
  let penalty = 0;
  for (const line of [...grid, ...columns]) {
    const text = line.map((dark) => (dark ? "1" : "0")).join("");
    for (const run of text.match(/1{5,}|0{5,}/g) ?? []) penalty += run.length - 2;
    for (let place = 0; place + 11 <= size; place++) if (/^(10111010000|00001011101)$/.test(text.slice(place, place + 11))) penalty += 40;
  }
  for (let y = 0; y + 1 < size; y++) for (let x = 0; x + 1 < size; x++) {
    const dark = at(grid, x, y);
    if (dark === at(grid, x + 1, y) && dark === at(grid, x, y + 1) && dark === at(grid, x + 1, y + 1)) penalty += 3;
  }
  const darkShare = (grid.flat().filter(Boolean).length * 20) / (size * size);
  return penalty + Math.floor(Math.abs(darkShare - 10)) * 10;
}
