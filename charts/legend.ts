type Labels = Readonly<Record<string, string>>

/** The name of a series by Grafana's template: `{{host}}` is the value of that label. */
export function legendOf(template: string, labels: Labels): string {
  return template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '').trim()
}

/** Names of all series of a picture; those that would be alike tell what else they differ by. */
export function namesOf(series: readonly { readonly template: string; readonly labels: Labels }[]): readonly string[] {
  const plain = series.map(({ template, labels }) => legendOf(template, labels))
  return plain.map((name, index) => {
    const alike = series.filter((_, other) => plain[other] === name)
    if (alike.length < 2 && name !== '') return name
    const { labels = {} } = series[index] ?? {}
    const differs = Object.entries(labels).filter(([label, value]) => alike.some(other => other.labels[label] !== value))
    const more = differs.map(([label, value]) => `${label} ${value}`).join(', ')
    return `${name} ${more}`.trim() || 'value'
  })
}
