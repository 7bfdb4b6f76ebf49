/** What an agent or a sink says of its health. */
export interface HealthAnswer {
  /** Readings are taken, and each of its ends has been there or is away for a reason that is told. */
  readonly sure: boolean
  /** What is ill, in the agent's and the databases' own words. */
  readonly ill: readonly string[]
  /** Databases and brokers that do not answer: the readings wait for them. */
  readonly away: readonly string[]
  /** Those it has not tried yet. */
  readonly untried: readonly string[]
}

/** The sum of a metric over its labels, in the text of /metrics. NaN where one of them is not known. */
export function sumOf(metrics: string, name: string): number {
  return metrics
    .split('\n')
    .flatMap(line => new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`).exec(line)?.[1] ?? [])
    .reduce((all, value) => all + Number(value), 0)
}

/** Reads the answer of /healthz: headers, `ok` or `ill`, and a line for each thing; what is ill begins with `!`. */
export function healthOf(answer: string): HealthAnswer {
  const [head = '', ...rest] = answer.split(/\r?\n\r?\n/)
  const lines = rest.join('\n').split('\n').slice(1)
  const ill = lines.filter(line => line.startsWith('! ')).map(line => line.slice(2))
  const away = lines.filter(line => /^ {2}\S+: away \(/.test(line)).map(line => line.trim())
  const untried = lines.filter(line => /^ {2}\S+: not tried yet/.test(line)).map(line => line.trim())
  return { sure: / 200 /.test(head.split('\n')[0] ?? '') && ill.length === 0 && untried.length === 0, ill, away, untried }
}
