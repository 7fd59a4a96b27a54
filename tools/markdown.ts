/** A Markdown table. Cells may contain Markdown; pipes and line breaks are escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

/** A name in code style. */
export function code(text: string): string {
  return `\`${text}\``
}

/** The first line of a generated page: a comment that names its source. */
export function generatedFrom(source: string): string {
  return `<!-- Generated from ${source} by \`npm run generate\`. Do not edit. -->`
}
