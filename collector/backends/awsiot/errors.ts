import { codeOf, sentence } from '../../problem.ts'
import type { Failure, FailureKind } from '../backend.ts'
import { caFileCode, isCertificateFault, untrustedCode } from '../tls.ts'
import { keyFileCode, newCertificateCode, notYetCode, otherKeyCode } from './credentials.ts'
import { closedCode, Refused } from './session.ts'

interface Meaning {
  readonly kind: FailureKind
  readonly code: string
  readonly remedy?: string
}

const away = (code: string, remedy?: string): Meaning => ({ kind: 'transient', code, ...(remedy !== undefined && { remedy }) })
const refused = (code: string, remedy: string): Meaning => ({ kind: 'refused', code, remedy })

const deploy = 'deploy the stack, then provision this Pi (docs/aws-iot.md)'
const attached =
  'the certificate must be active and attached to the thing and to the policy, which wants the thing’s own name and topic: deploy the stack'

/** What a broker says, by MQTT's reason codes; 1 to 5 are those of its version 3. What is not here passes. */
const reasons: Readonly<Record<number, Meaning>> = {
  2: refused('CLIENT_ID', attached),
  5: refused('NOT_AUTHORIZED', attached),
  132: refused('PROTOCOL_VERSION', 'the broker must speak MQTT 5'),
  133: refused('CLIENT_ID', attached),
  134: refused('NOT_AUTHORIZED', attached),
  135: refused('NOT_AUTHORIZED', attached),
  138: refused('BANNED', attached),
  // The other one gets the connection back with each try: slowly.
  142: refused('TAKEN_OVER', 'another connection has the name of this thing: one agent a thing, and load runs with --client-id own'),
  144: refused('TOPIC', 'correct the topic in the config'),
  149: { kind: 'reading', code: 'TOO_LARGE' },
  153: { kind: 'reading', code: 'PAYLOAD' },
  155: refused('QOS', 'the broker must take QoS 1'),
}

/** By the code of an error. */
const codes: Readonly<Record<string, Meaning>> = {
  // Nobody is to blame, and the readings wait: the Pi is provisioned before AWS can sign what it asked for.
  [notYetCode]: away(notYetCode, deploy),
  [otherKeyCode]: away(otherKeyCode, deploy),
  [newCertificateCode]: away(newCertificateCode, 'it connects again with the new one'),
  [keyFileCode]: refused(keyFileCode, 'provision this Pi: certificate and key must be readable by the user of this process'),
  [caFileCode]: refused(caFileCode, 'provision this Pi: rootCA.pem must be readable by the user of this process'),
  // A Pi without a clock chip thinks it is the day of its image until it is told otherwise.
  CERT_NOT_YET_VALID: away('CLOCK', 'the clock of this Pi is behind: it must be synchronised'),
  CERT_HAS_EXPIRED: refused('CERT_HAS_EXPIRED', 'the clock of this Pi is ahead, or the broker’s certificate is over'),
  [closedCode]: away(closedCode, `where it stays so: no other connection may have the name of this thing, and ${attached}`),
}

/**
 * What an error of the files, the network or the broker means. Unknown ones are `transient`: waiting with the readings kept is right for
 * each of them until someone says otherwise.
 */
export function classifyAwsiotError(error: unknown): Failure {
  const message = sentence(error)
  if (error instanceof Refused) return { ...(reasons[error.reason] ?? away(`MQTT_${error.reason}`)), message }
  const code = codeOf(error)
  const known = codes[code]
  if (known) return { ...known, message }
  if (isCertificateFault(code))
    return {
      ...refused(untrustedCode, 'the broker’s certificate is of another CA than rootCA.pem, or for another name; nothing was sent'),
      message,
    }
  // The broker's word on our certificate, as an alert of TLS.
  if (/ALERT/.test(code)) return { ...refused('CERTIFICATE_REFUSED', attached), message }
  return { ...away(code), message }
}
