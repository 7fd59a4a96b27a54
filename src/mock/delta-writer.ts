const mark = '\u0001'
const writtenMark = JSON.stringify(mark).slice(1, -1)
/** Text that JSON does not escape and that takes one byte per character. */
const plain = /^[ !#-[\]-~]*$/

/** Creates a writer of delta events that encodes everything except the text only once, because the rest never changes. */
export function deltaWriter(event: (text: string) => string): (text: string) => string {
  const written = event(mark)
  // Use the last mark: content of the request, such as the model's name, precedes the text and may contain the mark too.
  const at = written.lastIndexOf(writtenMark)
  const before = written.slice(0, at)
  const after = written.slice(at + writtenMark.length)
  return (text) => before + inJson(text) + after
}

/** A text as it appears between the quotes of a JSON string. */
export function inJson(text: string): string {
  return plain.test(text) ? text : JSON.stringify(text).slice(1, -1)
}
