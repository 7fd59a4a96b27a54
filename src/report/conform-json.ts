import type { Conformance } from '../conform/conform.ts'
import { passed } from './conform-text.ts'
import { testedLine } from './tested.ts'

/** What a gateway conforms to, as JSON. */
export function conformJson(conformance: Conformance) {
  return { tested: testedLine(conformance.gateway), passed: passed(conformance), ...conformance }
}
