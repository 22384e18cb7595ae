/** Exponents whose powers are computed exactly, and then rounded. */
const MOST = 64;
/** Bits that are kept beyond those of a double, so that rounding twice cannot be seen. */
const KEPT = 120n;

/**
 * `a ** b`. Python takes that of C, whose last digit is right but for one power in some thousand; JavaScript's is wrong in every fourteenth.
 * Powers by whole numbers are right here; by others they are JavaScript's.
 */
export function powerOf(a: number, b: number): number {
  if (b === 0.5 && a >= 0) return Math.sqrt(a);
  const near = a ** b;
  const size = Math.abs(near);
  if (!Number.isInteger(b) || Math.abs(b) > MOST || !(size > 1e-290 && size < 1e290)) return near;
  return exactPower(a, b);
}

function exactPower(a: number, b: number): number {
  if (b === 1) return a;
  if (b === -1) return 1 / a;
  const { exponent, mantissa } = partsOf(a);
  const count = Math.abs(b);
  const power = mantissa ** BigInt(count);
  const magnitude = b > 0 ? rounded(power, exponent * count) : inverse(power, exponent * count);
  return a < 0 && count % 2 === 1 ? -magnitude : magnitude;
}

/** The size of a double as `mantissa * 2 ** exponent`. */
function partsOf(value: number): { mantissa: bigint; exponent: number } {
  const bits = new BigUint64Array(new Float64Array([value]).buffer)[0]!;
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const scale = Number((bits >> 52n) & 0x7ffn);
  return scale === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: scale - 1075 };
}

/** `size * 2 ** exponent`, rounded once. */
function rounded(size: bigint, exponent: number): number {
  const extra = lengthOf(size) - KEPT;
  if (extra <= 0n) return scaled(Number(size), exponent);
  const rest = size & ((1n << extra) - 1n);
  return scaled(Number((size >> extra) | (rest === 0n ? 0n : 1n)), exponent + Number(extra));
}

/** `1 / (size * 2 ** exponent)`, rounded once. */
function inverse(size: bigint, exponent: number): number {
  const shift = lengthOf(size) + KEPT;
  const whole = (1n << shift) / size;
  return rounded(whole * 2n + (whole * size === 1n << shift ? 0n : 1n), -exponent - Number(shift) - 1);
}

/** In two steps, because a power of two may be beyond a double where the result is not. */
function scaled(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

function lengthOf(size: bigint): bigint {
  return BigInt(size.toString(16).length * 4);
}
