import { type RequestProfile, stainlessHeaders } from './profile.ts'

/** Claude Code caches everything before a block with this mark. */
const cached = { cache_control: { type: 'ephemeral' } } as const

const tool = (name: string, description: string, properties: object, required: readonly string[]) => ({
  name,
  description,
  input_schema: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  },
})

const text = (description: string) => ({ type: 'string', description })
const number = (description: string) => ({ type: 'number', description })

const filePath = text('Absolute path of the file.')

/** Claude Code: betas, system blocks with cache control, its tools, a session in the metadata, adaptive thinking. */
export const claudeCode: RequestProfile = {
  'anthropic-messages': {
    query: 'beta=true',
    headers: {
      Accept: 'application/json',
      'User-Agent': 'claude-cli/2.1.69 (external, cli)',
      ...stainlessHeaders('0.74.0'),
      'x-app': 'cli',
      'X-Claude-Code-Session-Id': '{session}',
      'anthropic-dangerous-direct-browser-access': 'true',
      'anthropic-version': '2023-06-01',
      'anthropic-beta':
        'claude-code-20250219,adaptive-thinking-2026-01-28,context-management-2025-06-27,effort-2025-11-24',
    },
    body: {
      model: '{model}',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: '<system-reminder>\nThe folder has no notes for agents.\n</system-reminder>' },
            { type: 'text', text: '{prompt}', ...cached },
          ],
        },
      ],
      system: [
        { type: 'text', text: 'You are a coding agent that works in a terminal.', ...cached },
        {
          type: 'text',
          text: 'Read a file before you change it. Prefer small changes, and run the tests after each.\n\nPlatform: linux\nShell: bash',
          ...cached,
        },
      ],
      tools: [
        tool(
          'Bash',
          'Runs a command in a shell and returns what it printed.',
          {
            command: text('The command line.'),
            timeout: number('Time limit in milliseconds.'),
            description: text('What the command does, in a few words.'),
            run_in_background: { type: 'boolean', description: 'Do not wait for its end.' },
          },
          ['command'],
        ),
        tool(
          'Read',
          'Reads a file, or a range of its lines.',
          { file_path: filePath, offset: number('First line.'), limit: number('Number of lines.') },
          ['file_path'],
        ),
        tool(
          'Edit',
          'Replaces a text in a file that was read before.',
          {
            file_path: filePath,
            old_string: text('The text to replace.'),
            new_string: text('The text to write in its place.'),
            replace_all: { type: 'boolean', default: false, description: 'Replace every occurrence.' },
          },
          ['file_path', 'old_string', 'new_string'],
        ),
        tool('Write', 'Writes a file.', { file_path: filePath, content: text('All of its text.') }, [
          'file_path',
          'content',
        ]),
        tool(
          'Grep',
          'Searches files with a regular expression.',
          {
            pattern: text('The expression.'),
            path: text('Where to search.'),
            output_mode: { type: 'string', enum: ['content', 'files_with_matches', 'count'] },
          },
          ['pattern'],
        ),
        tool('Glob', 'Lists files by name.', { pattern: text('Such as **/*.ts.'), path: text('Where to look.') }, [
          'pattern',
        ]),
        tool(
          'TodoWrite',
          'Keeps the list of what is left to do.',
          {
            todos: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  content: { type: 'string', minLength: 1 },
                  status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
                  activeForm: { type: 'string', minLength: 1 },
                },
                required: ['content', 'status', 'activeForm'],
                additionalProperties: false,
              },
            },
          },
          ['todos'],
        ),
        '{planned_tools}',
      ],
      metadata: { user_id: `user_${'0'.repeat(64)}_account__session_{session}` },
      max_tokens: '{max_tokens}',
      thinking: { type: 'adaptive' },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      output_config: { effort: 'medium' },
      stream: true,
    },
  },
}
