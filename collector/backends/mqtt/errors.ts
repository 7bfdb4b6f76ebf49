import { codeOf, sentence } from '../../problem.ts'
import type { Failure, FailureKind } from '../backend.ts'
import { caFileCode, isCertificateFault, untrustedCode } from '../tls.ts'
import { newCertificateCode } from './certificate.ts'
import { keyFileCode } from './credentials.ts'
import { closedCode, noSubscriber, Refused } from './refused.ts'

/** What an error of a broker means. */
export interface Meaning {
  readonly kind: FailureKind
  readonly code: string
  readonly remedy?: string
}

export const away = (code: string, remedy?: string): Meaning => ({ kind: 'transient', code, ...(remedy !== undefined && { remedy }) })
export const refused = (code: string, remedy: string): Meaning => ({ kind: 'refused', code, remedy })

/** What a person has to do, for brokers of a kind. */
export interface Advice {
  /** Where the broker does not let us do something, or does not know us. */
  readonly attached: string
  /** Where another connection has our name. */
  readonly taken: string
  /** Where the broker cannot show who it is. */
  readonly untrusted: string
  /** Where files cannot be read, by the code of the error. */
  readonly files: Readonly<Record<typeof keyFileCode | typeof caFileCode, string>>
  /** What is known beside that, by the code of the error. */
  readonly more?: Readonly<Record<string, Meaning>>
}

/**
 * Says what an error of the files, the network or a broker means. Unknown ones are `transient`: waiting with the readings kept is right for
 * each of them until someone says otherwise.
 */
export function mqttClassifier({ attached, taken, untrusted, files, more = {} }: Advice): (error: unknown) => Failure {
  /** What a broker says, by MQTT's reason codes; 1 to 5 are those of its version 3. What is not here passes. */
  const reasons: Readonly<Record<number, Meaning>> = {
    [noSubscriber]: away('NO_SUBSCRIBER', 'the broker has nobody to keep readings for: a sink must have subscribed once'),
    2: refused('CLIENT_ID', attached),
    5: refused('NOT_AUTHORIZED', attached),
    132: refused('PROTOCOL_VERSION', 'the broker must speak MQTT 5'),
    133: refused('CLIENT_ID', attached),
    134: refused('NOT_AUTHORIZED', attached),
    135: refused('NOT_AUTHORIZED', attached),
    138: refused('BANNED', attached),
    // The other one gets the connection back with each try: slowly.
    142: refused('TAKEN_OVER', taken),
    144: refused('TOPIC', 'correct the topic in the config'),
    149: { kind: 'reading', code: 'TOO_LARGE' },
    153: { kind: 'reading', code: 'PAYLOAD' },
    155: refused('QOS', 'the broker must take QoS 1'),
  }
  /** By the code of an error. */
  const codes: Readonly<Record<string, Meaning>> = {
    [keyFileCode]: refused(keyFileCode, files[keyFileCode]),
    [caFileCode]: refused(caFileCode, files[caFileCode]),
    [newCertificateCode]: away(newCertificateCode, 'it connects again with the new one'),
    // A Pi without a clock chip thinks it is the day of its image until it is told otherwise.
    CERT_NOT_YET_VALID: away('CLOCK', 'the clock of this Pi is behind: it must be synchronised'),
    CERT_HAS_EXPIRED: refused('CERT_HAS_EXPIRED', 'the clock of this Pi is ahead, or the broker’s certificate is over'),
    [closedCode]: away(closedCode, `where it stays so: no other connection may have the same name, and ${attached}`),
    ...more,
  }
  return error => {
    const message = sentence(error)
    if (error instanceof Refused) return { ...(reasons[error.reason] ?? away(`MQTT_${error.reason}`)), message }
    const code = codeOf(error)
    const known = codes[code]
    if (known) return { ...known, message }
    if (isCertificateFault(code)) return { ...refused(untrustedCode, untrusted), message }
    // The broker's word on our certificate, as an alert of TLS.
    if (/ALERT/.test(code)) return { ...refused('CERTIFICATE_REFUSED', attached), message }
    return { ...away(code), message }
  }
}

/** What an error of a broker of the fleet's own means. */
export const classifyMqttError = mqttClassifier({
  attached:
    'the certificate must be of the fleet’s CA and not revoked, and its name one the broker knows: provision the broker, then this Pi',
  taken: 'another connection has the same name: one agent a producer, one sink a Pi',
  untrusted: 'the broker’s certificate is of another CA, or for another name: provision it; nothing was sent',
  files: {
    KEY_FILE: 'provision this Pi: certificate and key must be readable by the user of this process',
    CA_FILE: 'provision this Pi: the CA’s certificate must be readable by the user of this process',
  },
})
