import type { Problem } from '../base/errors.ts'

/** The values of the placeholders {{upstream}}, {{port}} and {{model}} in a custom gateway's texts. */
export interface GatewayPlaces {
  /** Base URL of the provider, such as http://mock:9999/v1. */
  readonly upstream: string
  /** The port on which the gateway must listen. */
  readonly port: number
  /** The model that requests name by default. */
  readonly model: string
}

const placeholder = /\{\{([^{}]*)\}\}/g
const placeNames: readonly string[] = ['upstream', 'port', 'model'] satisfies (keyof GatewayPlaces)[]

/** Replaces the placeholders that have a value; others stay as they are. */
export function fillPlaceholders<V extends object>(text: string, values: V): string {
  return text.replace(placeholder, (match, name: string) =>
    Object.hasOwn(values, name) ? String(values[name as keyof V]) : match,
  )
}

/** Finds unknown placeholders; each text comes with its path in the options. */
export function placeholderProblems(where: string, texts: readonly (readonly [string, string])[]): Problem[] {
  const message = `must be one of ${placeNames.map((name) => `{{${name}}}`).join(', ')}`
  return texts.flatMap(([path, text]) =>
    [...text.matchAll(placeholder)]
      .filter(([, name = '']) => !placeNames.includes(name))
      .map(([got]) => ({ where: `${where}.${path}`, message, got })),
  )
}
