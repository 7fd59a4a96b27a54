const name = /[ \t]*;[ \t]*[!#$%&'*+.^_`|~\w-]+/y
const value = /[ \t]*=[ \t]*(?:[!#$%&'*+.^_`|~\w-]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*")/y

/** Reads what follows a chunk size in its line (RFC 9112, section 7.1.1). `blank`: a sender must not send these blanks. */
export function readChunkExtension(text: string): 'valid' | 'blank' | 'invalid' {
  let at = 0
  while (at < text.length) {
    const afterName = matchAt(name, text, at)
    // A blank before the line end is in no grammar, but some servers pad their sizes with blanks.
    if (afterName === undefined) return /^[ \t]+$/.test(text.slice(at)) ? 'blank' : 'invalid'
    at = matchAt(value, text, afterName) ?? afterName
  }
  return hasOuterBlank(text) ? 'blank' : 'valid'
}

function hasOuterBlank(text: string): boolean {
  // Linear: the extension is valid, so that each quote is closed.
  return /[ \t]/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, ''))
}

function matchAt(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : undefined
}
