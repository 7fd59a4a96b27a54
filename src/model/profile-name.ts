/** Every request profile: the client that a load imitates. */
export const profileNames = ['sdk', 'claude-code', 'codex', 'openai-sdk', 'minimal'] as const

/** A request profile. */
export type ProfileName = (typeof profileNames)[number]
