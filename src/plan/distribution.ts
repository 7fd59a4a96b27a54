import type { Random } from '../base/random.ts'
import type { Distribution } from '../model/mix.ts'

/** The smallest and the largest value that a number of a stream may have. */
interface Bounds {
  readonly min: number
  readonly max: number
}

/** Draws a value; values beyond the bounds become the nearest bound. */
export function draw(distribution: Distribution, random: Random, { min, max }: Bounds): number {
  return Math.min(max, Math.max(min, drawFreely(distribution, random)))
}

function drawFreely(distribution: Distribution, random: Random): number {
  switch (distribution.distribution) {
    case 'constant':
      return distribution.value
    case 'uniform':
      return distribution.min + (distribution.max - distribution.min) * unit(random)
    case 'normal':
      return distribution.mean + distribution.deviation * standardNormal(random)
    case 'lognormal': {
      const { mu, sigma } = logParameters(distribution.mean, distribution.deviation)
      return Math.exp(mu + sigma * standardNormal(random))
    }
    case 'values':
      return distribution.values[Math.floor(unit(random) * distribution.values.length)] as number
  }
}

/** Mean and standard deviation of the logarithm of a lognormal value with this mean and standard deviation. */
function logParameters(mean: number, deviation: number) {
  const variance = Math.log1p((deviation / mean) ** 2)
  return { mu: Math.log(mean) - variance / 2, sigma: Math.sqrt(variance) }
}

/** A number from 0 to below 1. */
function unit(random: Random): number {
  return random() / 2 ** 32
}

/** Box and Muller (1958). Always takes two numbers, so that what is drawn next does not depend on the value. */
function standardNormal(random: Random): number {
  // Never 0, whose logarithm is infinite.
  const radius = Math.sqrt(-2 * Math.log(1 - unit(random)))
  return radius * Math.cos(2 * Math.PI * unit(random))
}
