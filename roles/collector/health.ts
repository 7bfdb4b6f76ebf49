/** What the agent says of its health. */
export interface CollectorHealth {
  /** Readings are taken, and each database has taken some or is away for a reason that is told. */
  readonly sure: boolean
  /** What is ill, in the agent's and the databases' own words. */
  readonly ill: readonly string[]
  /** Databases that do not answer: the readings wait for them. */
  readonly away: readonly string[]
  /** Databases the agent has not tried yet. */
  readonly untried: readonly string[]
}

/** Reads the answer of /healthz: headers, `ok` or `ill`, and a line each for sensor, disk and databases. */
export function healthOf(answer: string): CollectorHealth {
  const [head = '', ...rest] = answer.split(/\r?\n\r?\n/)
  const lines = rest.join('\n').split('\n').slice(1)
  const ill = lines.filter(line => line.startsWith('! ')).map(line => line.slice(2))
  const away = lines.filter(line => /^ {2}\S+: away \(/.test(line)).map(line => line.trim())
  const untried = lines.filter(line => /^ {2}\S+: not tried yet/.test(line)).map(line => line.trim())
  return { sure: / 200 /.test(head.split('\n')[0] ?? '') && ill.length === 0 && untried.length === 0, ill, away, untried }
}
