/** Characters of a detail at most: enough to see what came, little enough for thousands of records. */
export const maxDetailLength = 512

/** Text that came over a wire, made fit for a record: one line, nothing that steers a terminal, cut to `maxDetailLength`. */
export function detailOf(text: string): string {
  const cut = text.length > maxDetailLength ? `${text.slice(0, maxDetailLength - 1)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ').trim()
}
