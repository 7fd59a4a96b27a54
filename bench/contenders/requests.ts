import { planPrompt } from '../../src/plan/key.ts'
import { openaiChatCompletions } from '../../src/protocol/openai-chat-completions.ts'
import { requestBody as bodyOf } from '../../src/protocol/profiles/profiles.ts'
import type { ClientTask, PostTask } from '../messages.ts'

/** The model that all contenders request. */
export const model = 'mock-model'
/** max_tokens of each request. */
export const maxTokens = 4096
/** The seed of each load. */
export const seed = 1

/** The body that other clients send for one stream, equal to that of ours. */
export function requestBody({ chunks, delayMs }: ClientTask, stream: number): object {
  return bodyOf(openaiChatCompletions.name, { model, maxTokens, prompt: planPrompt({ seed, stream, chunks, delayMs }) })
}

/** The URL of these requests. */
export function requestUrl({ url }: ClientTask): URL {
  return new URL(url + openaiChatCompletions.path)
}

/** Stands for the stream's number; occurs nowhere else in a body. */
const standIn = 4_000_000_007

/** The same requests, for a client that does not share this code. */
export function postTask(task: ClientTask): PostTask {
  const body = JSON.stringify(requestBody(task, standIn)).replaceAll(String(standIn), '{stream}')
  return { ...task, path: openaiChatCompletions.path, body }
}
