/** Plain words; each comes between blanks, so that texts read like text. */
const words =
  'stream delta token chunk event gateway mock prompt answer model buffer socket window packet frame round river stone cloud light paper copper silver garden window harbour signal north'
    .split(' ')
    .map((word) => ` ${word} `)

/** The word that a hash draws. */
export function plainWord(hash: number): string {
  return words[hash % words.length] as string
}

/** What breaks those who cut at bytes, at UTF-16 units or at lines, or who take content for protocol. */
const awkward = [
  ' é ß ñ ø ',
  ' 日本語 한국어 ',
  ' 😀🎉🧪 ',
  ' 👩‍👩‍👧‍👦 🏳️‍🌈 ',
  ' a\u2028b\u2029c ',
  '\n\n',
  '\r\n\r\n',
  '\ndata: [DONE]\n\n',
  ' [DONE] ',
  'event: error\ndata: {"error":{"message":"none"}}\n\n',
  ' "quoted" \\ and \\u0041 \\n ',
  '\t\b\f\u0001\u001f ',
  ' </script><img src=x onerror=alert(1)> ',
  ' {"type":"message_stop"} ',
  ' : comment? ',
  '\u0301\u200d\u200b\ufeff ',
  ' =1+1;"|`$(id)` ',
  ' \u202eabc\u202c ',
] as const

/** 64 KiB of characters of one to four bytes. */
const large = 'x é 語 😀 '.repeat(4682)

/** One delta in 64 is large. */
const largeEvery = 64

/** The awkward text that a hash draws. */
export function awkwardPiece(hash: number): string {
  if ((hash >>> 8) % largeEvery === 0) return large
  return awkward[hash % awkward.length] as string
}
