import { away, mqttClassifier } from '../mqtt/errors.ts'
import { notYetCode, otherKeyCode } from './credentials.ts'

const deploy = 'deploy the stack, then provision this Pi (docs/aws-iot.md)'

/** What an error of the files, the network or AWS IoT means. */
export const classifyAwsiotError = mqttClassifier({
  attached:
    'the certificate must be active and attached to the thing and to the policy, which wants the thing’s own name and topic: deploy the stack',
  taken: 'another connection has the name of this thing: one agent a thing, and load runs with --client-id own',
  untrusted: 'the broker’s certificate is of another CA than rootCA.pem, or for another name; nothing was sent',
  files: {
    KEY_FILE: 'provision this Pi: certificate and key must be readable by the user of this process',
    CA_FILE: 'provision this Pi: rootCA.pem must be readable by the user of this process',
  },
  // Nobody is to blame, and the readings wait: the Pi is provisioned before AWS can sign what it asked for.
  more: { [notYetCode]: away(notYetCode, deploy), [otherKeyCode]: away(otherKeyCode, deploy) },
})
