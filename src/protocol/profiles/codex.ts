import type { RequestProfile } from './profile.ts'

const version = '0.98.0'

const message = (role: string, text: string) => ({ type: 'message', role, content: [{ type: 'input_text', text }] })

const functionTool = (name: string, description: string, properties: object, required: readonly string[]) => ({
  type: 'function',
  name,
  description,
  strict: false,
  parameters: { type: 'object', properties, required, additionalProperties: false },
})

const text = (description: string) => ({ type: 'string', description })

/** Start and end of a patch, in the grammar notation of the API. The real grammar is longer. */
const patchGrammar = 'start: "*** Begin Patch\\n" line+ "*** End Patch"\nline: /[^\\n]*\\n/'

/**
 * Codex. It speaks Responses only (support for chat completions has ended), names its conversation in a header and as the
 * cache key, stores nothing at the server, and sends no token limit.
 */
export const codex: RequestProfile = {
  'openai-responses': {
    headers: {
      Accept: 'text/event-stream',
      'User-Agent': `codex_cli_rs/${version} (Linux 6.1.0; x86_64) xterm-256color`,
      originator: 'codex_cli_rs',
      version,
      session_id: '{session}',
    },
    body: {
      model: '{model}',
      instructions:
        'You are a coding agent in a terminal. Work in small steps, run the tests after each change, and report what you did.',
      input: [
        message('developer', 'Commands run in a sandbox without network access. Ask before you leave it.'),
        message('user', '<environment_context>\n  <cwd>/srv/shop</cwd>\n  <shell>bash</shell>\n</environment_context>'),
        message('user', '{prompt}'),
      ],
      tools: [
        functionTool(
          'exec_command',
          'Starts a command and returns its output.',
          {
            cmd: text('The command line.'),
            workdir: text('Folder to run it in.'),
            yield_time_ms: { type: 'number', description: 'How long to wait for output.' },
          },
          ['cmd'],
        ),
        functionTool(
          'update_plan',
          'Records the steps of the task and their state.',
          {
            explanation: text('Why the plan changed.'),
            plan: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  step: text('One step.'),
                  status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
                },
                required: ['step', 'status'],
                additionalProperties: false,
              },
            },
          },
          ['plan'],
        ),
        {
          type: 'custom',
          name: 'apply_patch',
          description: 'Changes files. The input is a patch, not JSON.',
          format: { type: 'grammar', syntax: 'lark', definition: patchGrammar },
        },
        '{planned_tools}',
      ],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      reasoning: { effort: 'medium', summary: 'auto' },
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: '{session}',
      text: { verbosity: 'medium' },
    },
  },
}
