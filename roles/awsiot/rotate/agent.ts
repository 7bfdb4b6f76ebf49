/** What the agent says: with which certificate a reading was acknowledged last, when that was issued, and what is ill. */
export interface AgentSays {
  readonly proven?: string
  /** Seconds since 1970. */
  readonly issued?: number
  readonly says?: string
}

const figure = /^collector_certificate_issued_timestamp_seconds\{backend="awsiot",certificate="([0-9a-f]{64})"\} ([\d.e+]+)$/m
const ill = /^!.*awsiot.*$/m

/** Reads the agent's metrics and its health page, whatever else is in them. */
export function readAgent(pages: string): AgentSays {
  const [, proven, issued] = figure.exec(pages.replaceAll('\r', '')) ?? []
  const says = ill.exec(pages.replaceAll('\r', ''))?.[0]?.replace(/^!\s*/, '')
  return { ...(proven !== undefined && { proven, issued: Number(issued) }), ...(says !== undefined && { says }) }
}
