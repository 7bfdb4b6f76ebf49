import { caFlag, hostFlag, portFlag, tableFlag, userFlag } from '../flags.ts'
import { backendKind } from '../kind.ts'
import { cassandraSchema } from './config.ts'
import { addCopyByDay } from './copy/command.ts'

export const cassandra = backendKind({
  type: 'cassandra',
  schema: cassandraSchema,
  flags: {
    hosts: { ...hostFlag, help: `${hostFlag.help}. Some of the nodes: the others are found` },
    port: { ...portFlag, help: `${portFlag.help}; default 9042` },
    user: userFlag,
    'tls.ca': caFlag,
    keyspace: { name: 'keyspace', value: '<name>', help: 'default temperature' },
    table: tableFlag,
    byDay: {
      name: 'by-day',
      value: '<name>',
      help: 'its second table; default reading_by_day',
      // As the agent does it, unless told otherwise.
      default: 'reading_by_day',
      without: 'leave the second table out, to measure what it costs',
    },
    datacenter: { name: 'datacenter', value: '<name>', help: 'where its nodes are; default dc1' },
    consistency: { name: 'consistency', value: '<level>', help: 'localOne (default), one, two, three, localQuorum, quorum, all' },
  },
  examples: [
    '--backend cassandra --threads 2 --inflight 64 --duration 3m --host 192.168.1.20,192.168.1.21 --keyspace temperature',
    'copy-by-day --config /etc/collector/config.json --rate 1000',
  ],
  async open(config, password) {
    const { cassandraBackend } = await import('./backend.ts')
    return cassandraBackend({ ...config, password })
  },
  addCommands: addCopyByDay,
})
