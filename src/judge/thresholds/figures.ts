import type { Figure } from './figure.ts'
import { gatewayFigures } from './gateway-figures.ts'
import { streamFigures } from './stream-figures.ts'

/** Every metric that is a single number. */
export const figures: readonly Figure[] = [...streamFigures, ...gatewayFigures]
