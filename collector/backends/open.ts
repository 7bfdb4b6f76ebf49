import type { Backend } from './backend.ts'
import { cassandraBackend } from './cassandra.ts'
import type { BackendConfig } from './config.ts'
import { mariadbBackend } from './mariadb.ts'

/** The backend a config names, not connected yet. `password` is asked at every connect. */
export function openBackend(config: BackendConfig, password: () => string): Backend {
  switch (config.type) {
    case 'mariadb':
      return mariadbBackend({ ...config, password })
    case 'cassandra':
      return cassandraBackend({ ...config, password })
  }
}
