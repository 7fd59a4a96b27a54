/** Rules that are broken where a client got other content than the mock sent, and nothing told it so. */
const corruptions: ReadonlySet<string> = new Set(['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I9', 'A12'])

/** Whether a rule is about the content, which fails a run whatever the share of streams that it befell. */
export function isCorruption(rule: string): boolean {
  return corruptions.has(rule)
}
