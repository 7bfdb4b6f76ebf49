import { list, whole } from '../../arguments.ts'
import { portFlag } from '../flags.ts'
import { backendKind } from '../kind.ts'
import { awsiotSchema } from './config.ts'

export const awsiot = backendKind({
  type: 'awsiot',
  schema: awsiotSchema,
  flags: {
    hosts: { name: 'broker', value: '<host>', help: 'host or host:port; default: what the folder’s file `endpoint` says', parse: list },
    port: { ...portFlag, help: `${portFlag.help}; default 8883` },
    thing: { name: 'thing', value: '<name>', help: 'whose certificate it is' },
    folder: { name: 'certificates', value: '<folder>', help: 'with certificate, key and root; default /etc/awsiot' },
    clientId: { name: 'client-id', value: '<thing|own>', help: '`own` for several threads: a name of their own for each' },
    qos: { name: 'qos', value: '<0|1>', help: 'default 1: a message counts when it was acknowledged', parse: whole(0, 1) },
    messages: { name: 'messages', value: '<n>', help: 'a second and thread at most; default 80, 0: no limit', parse: whole(0, 1e6) },
    batch: { name: 'batch', value: '<n>', help: 'readings in a message; default 1', default: 1, isOfLoad: true, parse: whole(1, 1000) },
  },
  examples: [
    '--backend awsiot --thing producer1 --duration 3m',
    '--backend awsiot --broker 192.168.1.40 --thing load --certificates ./load --qos 0',
  ],
  async open(config) {
    const { awsiotBackend } = await import('./backend.ts')
    return awsiotBackend(config)
  },
})
