/**
 * Sorts of answer: text in plain words, text of every awkward sort, text and two tool calls, thinking and text, text that
 * ends because it is long enough, text that ends because the model refuses.
 */
export const contentKinds = ['plain', 'awkward', 'tools', 'thinking', 'length', 'refusal'] as const
/** One of `contentKinds`. */
export type ContentKind = (typeof contentKinds)[number]

/** What a load can be made of: one sort, text of which an eighth is awkward, or each sort as often. */
export const contentChoices = ['mixed', 'all', ...contentKinds] as const
/** One of `contentChoices`. */
export type ContentChoice = (typeof contentChoices)[number]
