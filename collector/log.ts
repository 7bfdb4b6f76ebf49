/** Syslog's words, as systemd reads them. */
export type Level = 'error' | 'warning' | 'notice' | 'info'

const priority: Readonly<Record<Level, number>> = { error: 3, warning: 4, notice: 5, info: 6 }

export type Log = (level: Level, message: string) => void

/** One line a message on stderr: with a priority for the journal when started by systemd, else with the time. */
export const log: Log = (level, message) => {
  const prefix = process.env['JOURNAL_STREAM'] === undefined ? `${new Date().toISOString()} ${level}: ` : `<${priority[level]}>`
  process.stderr.write(`${prefix}${message.replaceAll('\n', '\n  ')}\n`)
}

/** Says something of one topic. */
export type Sparing = (topic: string, level: Level, message: string) => void

/** A log that says each message of one topic at most once a period, so that an outage of a day is a page and not a book. */
export function sparing(to: Log, period = 60_000, now: () => number = Date.now): Sparing {
  const said = new Map<string, number>()
  return (topic, level, message) => {
    const before = said.get(topic)
    if (before !== undefined && now() - before < period) return
    said.set(topic, now())
    to(level, message)
  }
}
