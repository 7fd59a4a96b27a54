import { acceptedBy } from '../src/base/values.ts'
import { kindNamePattern } from '../src/model/mix.ts'
import { kindKeys } from '../src/model/mix-text.ts'
import { phaseNamePattern } from '../src/model/phase.ts'
import type { Flag } from '../src/options/flags.ts'
import { loadLimits, settingNames } from '../src/options/load-text.ts'
import { fileVersion, keyFlags, namePattern } from '../src/options/scenario-keys.ts'

type JsonSchema = Readonly<Record<string, unknown>>

/** `config/scenario.schema.json`: the JSON Schema of scenario files, for editors. */
export function scenarioJsonSchema(): JsonSchema {
  const flags = keyFlags()
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Scenario of ccr-sse-stress',
    description:
      'Keys are the flags of `ccr-sse-stress run` without their dashes. docs/scenarios.md describes the file.',
    type: 'object',
    additionalProperties: false,
    properties: {
      version: { const: fileVersion, description: 'Version of the format of scenario files.' },
      name: { type: 'string', pattern: namePattern.source, description: 'Name of the scenario.' },
      description: {
        type: 'string',
        minLength: 1,
        maxLength: 2000,
        description: 'What question the scenario answers.',
      },
      phases: {
        type: 'array',
        minItems: 1,
        maxItems: loadLimits.phases,
        description: 'Phases of the load, in sequence.',
        items: phaseSchema(flags),
      },
      thresholds: {
        description: 'Limits on numbers of the report: by metric, as in k6, or as --threshold spells them.',
        oneOf: [
          text,
          { type: 'array', items: text },
          { type: 'object', additionalProperties: { oneOf: [expression, { type: 'array', items: expression }] } },
        ],
      },
      ...Object.fromEntries(flags.map((flag) => [flag.name, keySchema(flag)])),
    },
    dependencies: {
      phases: { not: { required: ['phase'] } },
      thresholds: { not: { required: ['threshold'] } },
    },
  }
}

const text: JsonSchema = { type: 'string', minLength: 1 }

/** An expression of a threshold, as in k6. */
const expression: JsonSchema = {
  oneOf: [
    text,
    {
      type: 'object',
      additionalProperties: false,
      required: ['threshold'],
      properties: {
        threshold: text,
        abortOnFail: { type: 'boolean', description: 'Whether to end the load as soon as it is broken.' },
        delayAbortEval: { ...text, description: 'Time before which it does not end the load, such as 10s.' },
      },
    },
  ],
}

/** A kind of stream. */
const kindSchema: JsonSchema = {
  oneOf: [
    text,
    {
      type: 'object',
      additionalProperties: false,
      required: ['name'],
      properties: {
        name: { type: 'string', pattern: kindNamePattern.source, description: 'Name of the kind.' },
        ...Object.fromEntries(Object.values(kindKeys).map((key) => [key, { type: ['number', 'string'] }])),
      },
    },
  ],
}

const stages: JsonSchema = {
  oneOf: [
    text,
    {
      type: 'array',
      minItems: 1,
      maxItems: loadLimits.stages,
      items: {
        oneOf: [
          text,
          {
            type: 'object',
            additionalProperties: false,
            required: ['duration', 'target'],
            properties: { duration: text, target: { type: ['number', 'string'] } },
          },
        ],
      },
    },
  ],
}

function phaseSchema(flags: readonly Flag[]): JsonSchema {
  const settings = Object.values(settingNames).map((name): [string, JsonSchema] => {
    const flag = flags.find((known) => known.name === name)
    return [name, flag ? withoutDefault(keySchema(flag)) : excluded]
  })
  return {
    oneOf: [
      text,
      {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name: { type: 'string', pattern: phaseNamePattern.source, description: 'Name of the phase.' },
          ...Object.fromEntries(settings),
        },
      },
    ],
  }
}

const excluded: JsonSchema = {
  type: 'boolean',
  description: 'Whether the phase is a warm-up or cool-down, not part of the figures of the run.',
}

function withoutDefault({ default: _, ...others }: JsonSchema): JsonSchema {
  return others
}

function keySchema({ name, help, kind, schema, unit, default: preset }: Flag): JsonSchema {
  const description = unit === undefined ? help : `${help} [${unit}]`
  if (kind === 'switch') return { type: 'boolean', description, default: false }
  if (name === settingNames.stages) return { description, ...stages }
  if (name === 'mix') return { description, type: 'array', minItems: 1, items: kindSchema }
  const value = valueSchema(schema)
  if (kind === 'list') return { description, oneOf: [value, { type: 'array', items: value }] }
  const isNumber = value['type'] === 'integer' || value['type'] === 'number'
  return { description, ...value, ...(preset !== undefined && { default: isNumber ? Number(preset) : preset }) }
}

function valueSchema(schema: Flag['schema']): JsonSchema {
  const { type, values } = acceptedBy(schema)
  const [, minimum, maximum] = /^([\d.]+) to ([\d.]+)$/.exec(values ?? '') ?? []
  const bounds = minimum === undefined ? {} : { minimum: Number(minimum), maximum: Number(maximum) }
  switch (type) {
    case 'integer':
    case 'number':
      return { type, ...bounds }
    case 'auto or integer':
      return { oneOf: [{ const: 'auto' }, { type: 'integer', ...bounds }] }
    case 'choice':
      return { enum: values?.split(', ') }
    default:
      return text
  }
}
