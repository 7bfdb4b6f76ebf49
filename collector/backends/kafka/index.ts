import { whole } from '../../arguments.ts'
import { caFlag, hostFlag, portFlag, userFlag } from '../flags.ts'
import { backendKind } from '../kind.ts'
import { kafkaSchema } from './config.ts'

export const kafka = backendKind({
  type: 'kafka',
  schema: kafkaSchema,
  flags: {
    hosts: { ...hostFlag, help: `${hostFlag.help}. Some of the brokers: the others are found` },
    port: { ...portFlag, help: `${portFlag.help}; default 9092` },
    user: userFlag,
    'tls.ca': caFlag,
    batch: { name: 'batch', value: '<n>', help: 'most readings in one request; default 500', parse: whole(1, 5000) },
    topic: { name: 'topic', value: '<name>', help: 'default temperature' },
  },
  examples: ['--backend kafka --threads 2 --inflight 64 --duration 3m --host 192.168.1.30,192.168.1.31 --ca /etc/collector/ca.pem'],
  async open(config, password) {
    const { kafkaBackend } = await import('./backend.ts')
    return kafkaBackend({ ...config, password })
  },
})
