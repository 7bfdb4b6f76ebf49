/** The broker closed the connection without a word. */
export const closedCode = 'CLOSED'
/** The broker gave no sign in time. */
export const silentCode = 'ETIMEDOUT'

/** The broker has a message and nobody to give it to: it throws it away. */
export const noSubscriber = 16

/** What the broker says of MQTT's reason codes. */
export class Refused extends Error {
  readonly reason: number
  constructor(message: string, reason: number) {
    super(message)
    this.reason = reason
  }
}
