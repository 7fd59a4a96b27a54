/**
 * Kinds of answer: plain text, text with awkward characters, text and two tool calls, the same with the fragments of both calls
 * interleaved (if the protocol allows it), thinking and text, text cut off at the token limit, and a refusal.
 */
export const contentKinds = ['plain', 'awkward', 'tools', 'parallel', 'thinking', 'length', 'refusal'] as const
/** One of `contentKinds`. */
export type ContentKind = (typeof contentKinds)[number]

/** What the answers of a load consist of: text, one answer in eight of it awkward; all kinds in equal shares; or one kind. */
export const contentChoices = ['mixed', 'all', ...contentKinds] as const
/** One of `contentChoices`. */
export type ContentChoice = (typeof contentChoices)[number]
