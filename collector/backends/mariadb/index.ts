import { caFlag, hostFlag, portFlag, serverNameFlag, tableFlag, userFlag } from '../flags.ts'
import { backendKind } from '../kind.ts'
import { mariadbSchema } from './config.ts'

export const mariadb = backendKind({
  type: 'mariadb',
  schema: mariadbSchema,
  flags: {
    hosts: hostFlag,
    port: { ...portFlag, help: `${portFlag.help}; default 3306` },
    user: userFlag,
    'tls.ca': caFlag,
    'tls.name': serverNameFlag,
    database: { name: 'database', value: '<name>', help: 'default temperature' },
    table: tableFlag,
  },
  examples: [
    '--backend mariadb --threads 8 --duration 3m --host mysql.home',
    '--backend mariadb --threads 4 --inflight 16 --duration 30s --json',
    '--backend mariadb --rate 50 --location test1 --note "first try"',
  ],
  async open(config, password) {
    const { mariadbBackend } = await import('./backend.ts')
    return mariadbBackend({ ...config, password })
  },
})
