import type { MariadbMemory } from './memory.ts'
import type { MariadbVars } from './vars.ts'

const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)}M`

/** The settings file of a small MariaDB. It knows clients by address and looks no name up. `bindAddress`: where it listens. */
export function mariadbConfig(memory: MariadbMemory, vars: MariadbVars, bindAddress: string): string {
  return `# Written by provision for this Pi's memory; its own settings go into a file that sorts after this one.
[mysqld]
bind-address = ${bindAddress}
port = ${vars.port}
skip-name-resolve
skip-log-bin
performance_schema = OFF
max_connections = ${vars.connections}
thread_cache_size = 4
thread_stack = 192K

# Readings are inserted one by one and read rarely.
innodb_buffer_pool_size = ${mib(memory.bufferPool)}
innodb_buffer_pool_chunk_size = 1M
innodb_log_buffer_size = ${mib(memory.logBuffer)}
innodb_log_file_size = 16M
innodb_flush_log_at_trx_commit = ${vars.durable ? 1 : 2}
innodb_flush_method = O_DIRECT
# Every page written twice and neighbours flushed along are costs of spinning disks.
innodb_flush_neighbors = 0

key_buffer_size = ${mib(memory.tables)}
aria_pagecache_buffer_size = ${mib(memory.tables)}
query_cache_type = 0
query_cache_size = 0
table_open_cache = 64
table_definition_cache = 128
tmp_table_size = ${mib(memory.tables)}
max_heap_table_size = ${mib(memory.tables)}
sort_buffer_size = 256K
read_buffer_size = 64K
read_rnd_buffer_size = 64K
join_buffer_size = 64K
`
}

/** What server and local clients need to speak TLS. */
export interface TlsFiles {
  /** Key and certificate of the server. */
  readonly certificate: string
  /** The certificate of the fleet's CA. */
  readonly ca: string
}

/**
 * Who the server shows it is. Of its own, for it names a file that comes after the package: a server that cannot read it does not start.
 * Accounts say who must speak TLS: the exporter and root come over the local socket. Clients since 11.4 know a server by its CA even there:
 * those of a person, and of Debian's own start.
 */
export function tlsConfig(files: TlsFiles | undefined): string {
  if (files === undefined) return '# Written by provision: clients speak in clear.\n'
  return `# Written by provision: key and certificate, of the fleet's CA, are one file.
[mysqld]
ssl_cert = ${files.certificate}
ssl_key = ${files.certificate}
tls_version = TLSv1.2,TLSv1.3

[client-mariadb]
ssl_ca = ${files.ca}
`
}
