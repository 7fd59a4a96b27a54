import { printable } from '../base/printable.ts'

/** Maximum length of a detail in characters: enough to see what arrived, little enough for thousands of records. */
export const maxDetailLength = 512

/** Text from a wire, as a record keeps it: one printable line of at most `maxDetailLength` characters. */
export function detailOf(text: string): string {
  return printable(text, maxDetailLength)
}
