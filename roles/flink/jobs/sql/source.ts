/** How jobs reach the brokers, and as whom. */
export interface Topic {
  /** `host:port` each. */
  readonly brokers: readonly string[]
  readonly topic: string
  readonly group: string
  readonly user: string
  readonly password: string
  /** The certificate of the fleet's CA, on the Pis of Flink. */
  readonly ca: string
  /** Seconds after which a partition without readings holds up nobody. */
  readonly idle: number
}

/** A text as JAAS takes it. */
const jaasText = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

/** The login of Kafka's clients. */
export const jaas = (user: string, password: string): string =>
  `org.apache.kafka.common.security.scram.ScramLoginModule required username=${jaasText(user)} password=${jaasText(password)};`

/**
 * Options of a table of readings over the topic: `location` is the record's key, the other columns are in its JSON. From the first record
 * there is, where the job has no state; a record that is no JSON is passed over, as the sinks do.
 */
export function topicOptions(topic: Topic, job: string): Readonly<Record<string, string>> {
  return {
    connector: 'kafka',
    topic: topic.topic,
    'properties.bootstrap.servers': topic.brokers.join(','),
    'properties.group.id': topic.group,
    // Its members and figures tell the jobs apart; the group is for the offsets that are shown, and decides nothing.
    'properties.client.id.prefix': `${topic.group}.${job}`,
    'properties.security.protocol': 'SASL_SSL',
    'properties.sasl.mechanism': 'SCRAM-SHA-512',
    'properties.sasl.jaas.config': jaas(topic.user, topic.password),
    'properties.ssl.truststore.type': 'PEM',
    'properties.ssl.truststore.location': topic.ca,
    'scan.startup.mode': 'earliest-offset',
    'scan.watermark.idle-timeout': `${topic.idle} s`,
    'scan.topic-partition-discovery.interval': '60 s',
    'key.format': 'raw',
    'key.fields': 'location',
    'value.format': 'json',
    'value.json.ignore-parse-errors': 'true',
    'value.fields-include': 'EXCEPT_KEY',
  }
}
