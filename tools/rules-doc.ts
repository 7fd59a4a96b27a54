import { type RuleId, ruleIds, rules } from '../src/grammar/rules.ts'
import { type ProtocolName, protocolNames } from '../src/model/protocol-name.ts'
import { code, generatedFrom, markdownTable } from './markdown.ts'

const protocolTitles: Readonly<Record<ProtocolName, string>> = {
  'anthropic-messages': 'Anthropic Messages',
  'openai-chat-completions': 'OpenAI chat completions',
  'openai-responses': 'OpenAI Responses',
}

const isGrammarRule = (id: RuleId) => /^[ACR]\d/.test(id)
const isIntegrityRule = (id: RuleId) => /^I\d/.test(id)

/** `docs/rules.md`. */
export function rulesDoc(): string {
  const lines = [
    '# Rules',
    '',
    generatedFrom('src/grammar/rules.ts'),
    '',
    'A finding cites one of these rules. The runner checks them in every stream; `check` applies those of the wire and of one protocol to a captured stream.',
    '',
    '- **Severity**: an *error* breaks the rule. A *warning* is legal or tolerated, and does not change the verdict.',
    '- **Fails the run**: a single stream that breaks the rule without an injected fault makes the run FAIL. The column shows the failure kind of that stream. Any other error makes the run WARN.',
    '',
    ...section('Content, in every protocol', ruleIds.filter(isIntegrityRule)),
    'The mock plays a seeded plan and the runner computes the same plan, so these rules compare what arrived with what was sent.',
    '',
    ...section(
      'Rules without a number',
      ruleIds.filter((id) => !isGrammarRule(id) && !isIntegrityRule(id)),
    ),
    ...protocolNames.flatMap((protocol) =>
      section(
        protocolTitles[protocol],
        ruleIds.filter((id) => isGrammarRule(id) && rules[id].protocols?.includes(protocol)),
        false,
      ),
    ),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function section(title: string, ids: readonly RuleId[], withProtocols = true): string[] {
  const head = ['Rule', 'What is wrong', 'Severity', 'Fails the run', 'What it means for a client', 'Source']
  const rows = ids.map((id) => {
    const { title, severity, warnsIf, convicts, protocols, impact, source } = rules[id]
    return [
      /^[A-Z]\d/.test(id) ? `**${id}**` : code(id),
      protocols && withProtocols ? `${title} (${protocols.join(', ')})` : title,
      warnsIf ? `${severity}; warning if ${warnsIf}` : severity,
      convicts ? code(convicts) : 'no',
      impact,
      source,
    ]
  })
  return [`## ${title}`, '', ...markdownTable(head, rows), '']
}
