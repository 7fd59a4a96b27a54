import type { Problem } from '../base/errors.ts'

/** What a gateway has to know of the topology; {{upstream}}, {{port}} and {{model}} in a template. */
export interface GatewayPlaces {
  /** Base URL of the provider, such as http://mock:9999/v1. */
  readonly upstream: string
  /** Where the gateway is to listen. */
  readonly port: number
  /** The model that runs ask for where they say nothing else. */
  readonly model: string
}

const placeholder = /\{\{([^{}]*)\}\}/g
const names: readonly string[] = ['upstream', 'port', 'model'] satisfies (keyof GatewayPlaces)[]

/** Fills in the placeholders of a text that `places` has; others stay as they are. */
export function fillPlaces<P extends object>(text: string, places: P): string {
  return text.replace(placeholder, (whole, name: string) =>
    Object.hasOwn(places, name) ? String(places[name as keyof P]) : whole,
  )
}

/** Each placeholder that there is not, of texts by where they stand. */
export function placeProblems(where: string, texts: readonly (readonly [string, string])[]): Problem[] {
  const expected = names.map((name) => `{{${name}}}`).join(', ')
  return texts.flatMap(([at, text]) =>
    [...text.matchAll(placeholder)]
      .filter(([, name = '']) => !names.includes(name))
      .map(([got]) => ({ where: `${where}.${at}`, message: `must be one of ${expected}`, got })),
  )
}
