/**
 * AWS's prices in US dollars, for us-east-1, as known in November 2026: look at AWS's page for your region. `docs/aws-iot.md` has the same
 * table.
 */
export const prices = {
  /** Of a million messages, the first ones of a month first. */
  messages: [
    { upTo: 1e9, each: 1.0 },
    { upTo: 5e9, each: 0.8 },
    { upTo: Infinity, each: 0.7 },
  ],
  /** Of a million minutes of connection. */
  minutes: 0.08,
  /** Of a million triggers of a rule, and of a million actions of it. */
  rule: { trigger: 0.15, action: 0.15 },
  /** Of a million objects that are put into a bucket; what they take there comes to it. */
  put: 5.0,
  /** Bytes that count as one message. */
  unit: 5 * 1024,
} as const

/** What a thing sends. */
export interface Sender {
  readonly name: string
  /** Milliseconds between readings. */
  readonly interval: number
  readonly note: string
}

/** What senders cost in a month, in US dollars. */
export interface Cost {
  /** As AWS counts them: one for each begun unit. */
  readonly messages: number
  readonly messagesCost: number
  readonly minutes: number
  readonly minutesCost: number
  /** Of a rule that writes each message into a bucket, without what is stored; 0: there is none. */
  readonly ruleCost: number
  readonly total: number
}

/** Hours of a month, as AWS reckons. */
const hours = 730
/** Messages a second of the agent, at most. */
const pace = 80

/** Messages of one sender in a month as AWS counts them, while it does not catch up: then it sends fewer and larger ones. */
export function messagesInMonth({ name, interval, note }: Sender): number {
  const readings = 1000 / interval
  const messages = Math.min(readings, pace)
  const reading = { date: 1_700_000_000_000_001, value: 48.312, note: note.replaceAll('{sequence}', '10000000') }
  // As `docs/aws-iot.md` has it.
  const text = JSON.stringify({ location: name, readings: Array.from({ length: Math.ceil(readings / messages) }, () => reading) })
  const units = Math.ceil(Buffer.byteLength(text) / prices.unit)
  return messages * units * hours * 3600
}

/** What these cost in a month. Nothing is free here: AWS's free tier ends after a year. */
export function monthlyCost(senders: readonly Sender[], rule = false): Cost {
  const messages = senders.reduce((sum, sender) => sum + messagesInMonth(sender), 0)
  let messagesCost = 0
  let below = 0
  for (const { upTo, each } of prices.messages) {
    messagesCost += (Math.max(0, Math.min(messages, upTo) - below) / 1e6) * each
    below = upTo
  }
  const minutes = senders.length * hours * 60
  const minutesCost = (minutes / 1e6) * prices.minutes
  const units = prices.rule.trigger + prices.rule.action
  const sent = senders.reduce((sum, { interval }) => sum + Math.min(1000 / interval, pace) * hours * 3600, 0)
  const ruleCost = rule ? (messages / 1e6) * units + (sent / 1e6) * prices.put : 0
  return { messages, messagesCost, minutes, minutesCost, ruleCost, total: messagesCost + minutesCost + ruleCost }
}

/** The same for a person. */
export function costText(senders: readonly Sender[], rule = false): string {
  const { messages, messagesCost, minutes, minutesCost, ruleCost, total } = monthlyCost(senders, rule)
  const million = (count: number) => `${(count / 1e6).toFixed(2)} million`
  const dollars = (amount: number) => `${amount.toFixed(2)} $`
  return `AWS IoT at the inventory's rates: about ${dollars(total)} a month, ${million(messages)} messages (${dollars(messagesCost)}) and ${million(minutes)} minutes of connection (${dollars(minutesCost)}) of ${senders.length} things${rule ? `, and ${dollars(ruleCost)} to write them into a bucket, without what they take there` : ''}. Prices of us-east-1, November 2026; docs/aws-iot.md.\n`
}
