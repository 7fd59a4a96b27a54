import { type Conformance, isPassed } from '../judge/conformance.ts'
import { testedLine } from './tested.ts'

/** What a gateway conforms to, as JSON. */
export function conformJson(conformance: Conformance) {
  return { tested: testedLine(conformance.gateway), passed: isPassed(conformance), ...conformance }
}
