const mark = '\u0001'
const writtenMark = JSON.stringify(mark).slice(1, -1)
/** What stands in JSON as it is, and in one byte a character. */
const plain = /^[ !#-[\]-~]*$/

/** A delta's writer that encodes all but the text once: the rest is the same in each delta. */
export function aroundText(event: (text: string) => string): (text: string) => string {
  const written = event(mark)
  // The last one: what the request brought, such as the model's name, comes before the text and may hold the mark as well.
  const at = written.lastIndexOf(writtenMark)
  const before = written.slice(0, at)
  const after = written.slice(at + writtenMark.length)
  return (text) => before + inJson(text) + after
}

/** A text as it stands between the quotes of a JSON string. */
function inJson(text: string): string {
  return plain.test(text) ? text : JSON.stringify(text).slice(1, -1)
}
