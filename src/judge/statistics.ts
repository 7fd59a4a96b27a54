/** The mean of some values; NaN without any. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at] as number
  return sum / values.length
}

/** The standard deviation of some values; 0 if there are fewer than two. */
export function deviation(values: ArrayLike<number>): number {
  const n = values.length
  if (n < 2) return 0
  const mean = meanOf(values)
  let squares = 0
  for (let at = 0; at < n; at++) squares += ((values[at] as number) - mean) ** 2
  return Math.sqrt(squares / (n - 1))
}

/**
 * The probability that a value of Student's t distribution is further from 0 than `t`, in either direction. Infinite degrees of
 * freedom make it the normal distribution.
 */
export function twoSidedP(t: number, degrees: number): number {
  const df = Math.min(degrees, mostDegrees)
  return t === 0 ? 1 : incompleteBeta(df / (df + t * t), df / 2, 0.5)
}

/** The `t` beyond which, in either direction, lies the share `p` of Student's t distribution. */
export function criticalT(p: number, degrees: number): number {
  let [low, high] = [0, 1]
  while (twoSidedP(high, degrees) > p && high < 1e9) high *= 2
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2
    if (twoSidedP(middle, degrees) > p) low = middle
    else high = middle
  }
  return high
}

/** Above these, the t distribution is the normal one within 1e-6. */
const mostDegrees = 1e6

/** The regularized incomplete beta function I_x(a, b), by its continued fraction (Numerical Recipes, 6.4). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

/** Smallest denominator: a zero would end the fraction. */
const tiny = 1e-300

/** The continued fraction of the incomplete beta function, by Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  const kept = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / kept(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / kept(1 + even * d)
    c = kept(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / kept(1 + odd * d)
    c = kept(1 + odd / c)
    const factor = d * c
    result *= factor
    if (Math.abs(factor - 1) < 1e-14) break
  }
  return result
}

/** Lanczos' coefficients for g = 7 and n = 9. */
const lanczos = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
]

/** The logarithm of the gamma function, for arguments of at least 0.5. */
function logGamma(x: number): number {
  const z = x - 1
  const t = z + 7.5
  const sum = lanczos.reduce(
    (total, coefficient, index) => total + (index === 0 ? coefficient : coefficient / (z + index)),
    0,
  )
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}
