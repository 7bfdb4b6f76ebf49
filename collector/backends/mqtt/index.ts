import { list, whole } from '../../arguments.ts'
import { caFlag, portFlag, serverNameFlag } from '../flags.ts'
import { backendKind } from '../kind.ts'
import { mqttSchema } from './config.ts'

/** A broker of one's own. */
export const mqtt = backendKind({
  type: 'mqtt',
  schema: mqttSchema,
  flags: {
    hosts: { name: 'broker', value: '<host>', help: 'host or host:port', parse: list },
    port: { ...portFlag, help: `${portFlag.help}; default 8883` },
    certificate: { name: 'certificate', value: '<file>', help: 'certificate and private key that are shown' },
    'tls.ca': caFlag,
    'tls.name': serverNameFlag,
    thing: { name: 'thing', value: '<name>', help: 'whose certificate it is' },
    clientId: { name: 'client-id', value: '<thing|own>', help: '`own` for several threads: a name of their own for each' },
    qos: { name: 'qos', value: '<0|1>', help: 'default 1: a message counts when it was acknowledged', parse: whole(0, 1) },
    messages: { name: 'messages', value: '<n>', help: 'a second and thread at most; default no limit', parse: whole(0, 1e6) },
    batch: { name: 'batch', value: '<n>', help: 'readings in a message; default 1', default: 1, isOfLoad: true, parse: whole(1, 1000) },
  },
  examples: ['--backend mqtt --broker 192.168.1.40 --thing producer1 --certificate own.pem --ca ca.pem'],
  async open(config) {
    const [{ mqttBackend }, { credentialsOf }, { classifyMqttError }] = await Promise.all([
      import('./backend.ts'),
      import('./credentials.ts'),
      import('./errors.ts'),
    ])
    return mqttBackend({ ...config, credentials: () => credentialsOf(config), classify: classifyMqttError })
  },
})
