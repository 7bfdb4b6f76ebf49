import { stringify } from 'yaml'
import { familyOf } from '../../../engine/inventory/address.ts'
import type { CassandraMemory } from '../memory.ts'
import type { CassandraVars } from '../vars.ts'
import { tlsSettings, type TlsFiles } from './tls.ts'

const mib = (bytes: number) => `${Math.round(bytes / 1024 / 1024)}MiB`

/** Where its state is: all below one folder, which is root's. */
export const stateFolder = '/var/lib/cassandra'

/** Folders in there that are the server's own: a node that rejoins must have forgotten all that is in them. */
export const dataNames = ['data', 'commitlog', 'saved_caches', 'hints'] as const

/**
 * Seeds while a node joins or the ring changes; where it is there, those of the settings do not count. It goes away once the node is up.
 */
export const seedsOverride = `${stateFolder}/seeds.yaml`

/** Where a node has its key and certificate, and the CA's. */
export const tlsFiles: TlsFiles = { own: '/etc/cassandra/tls/node.pem', ca: '/etc/cassandra/tls/ca.pem' }

/** Begins the line that tells others at which step of TLS this node is. */
export const stepMark = '# tls: '

/**
 * cassandra.yaml, of a ring of this family where that is known, without what is the node's own (see `tokensYaml`) or may change while it
 * runs (see `seedsYaml`).
 */
export function cassandraYaml(address: string, memory: CassandraMemory, vars: CassandraVars, family?: 4 | 6): string {
  const settings = {
    cluster_name: vars.cluster,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'GossipingPropertyFileSnitch',
    listen_address: address,
    rpc_address: address,
    native_transport_port: vars.port,

    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    role_manager: 'CassandraRoleManager',
    // A majority of two copies is both: a login would fail with either node down.
    auth_read_consistency_level: 'LOCAL_ONE',
    auth_write_consistency_level: 'LOCAL_ONE',

    data_file_directories: [`${stateFolder}/data`],
    commitlog_directory: `${stateFolder}/commitlog`,
    saved_caches_directory: `${stateFolder}/saved_caches`,
    hints_directory: `${stateFolder}/hints`,
    cdc_raw_directory: `${stateFolder}/cdc_raw`,
    // Reads through buffers: mapped files would count as the server's memory and are not bounded.
    disk_access_mode: 'standard',
    // A card stalls when much is flushed at once.
    trickle_fsync: true,
    trickle_fsync_interval: '4096KiB',

    ...(vars.durable
      ? { commitlog_sync: 'group', commitlog_sync_group_window: '5ms' }
      : { commitlog_sync: 'periodic', commitlog_sync_period: '1000ms' }),
    commitlog_segment_size: '8MiB',
    commitlog_total_space: mib(memory.commitLog),

    // SSTables in their parts: a node that takes whole ones keeps 2 MiB of direct memory for each component of each, and died of it on 1 GiB.
    stream_entire_sstables: false,

    memtable_heap_space: mib(memory.memtables),
    file_cache_size: mib(memory.fileCache),
    networking_cache_size: mib(memory.networkCache),
    key_cache_size: mib(memory.keyCache),
    counter_cache_size: '0MiB',

    concurrent_reads: memory.concurrentReads,
    concurrent_writes: memory.concurrentWrites,
    concurrent_counter_writes: 2,
    concurrent_materialized_view_writes: 2,
    concurrent_compactors: memory.compactors,
    concurrent_validations: 1,
    concurrent_materialized_view_builders: 1,
    concurrent_merkle_tree_requests: 1,
    memtable_flush_writers: 1,
    native_transport_max_threads: memory.clientThreads,
    compaction_throughput: '16MiB/s',

    ...tlsSettings(vars.tls, tlsFiles),
  }
  return `# Written by provision for this Pi's memory. Seeds are in seeds.yaml beside it, tokens in ${stateFolder}/tokens.yaml; they are joined when the service starts, and a name becomes an address.\n${family === undefined ? '' : `# family: ${family}\n`}${vars.tls === 'off' ? '' : `${stepMark}${vars.tls}\n`}${stringify(settings)}`
}

/** The tokens of a node: fixed when it joins, so never a part of what is written anew. */
export function tokensYaml(tokens: readonly bigint[]): string {
  return stringify({ num_tokens: tokens.length, initial_token: tokens.join(',') }, { lineWidth: 0 })
}

/** Tokens the server draws itself, looking at what the others hold. */
export function drawnTokensYaml(count: number): string {
  return stringify({ num_tokens: count, allocate_tokens_for_local_replication_factor: 1 })
}

/** Stands in the seeds of a node that may be left alone: they stay for as long as it is. */
export const aloneMark = '# alone: its other seeds have left'

/** Whom a node asks for the ring when it starts. */
export function seedsYaml(addresses: readonly string[]): string {
  return stringify(
    { seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: addresses.join(',') }] }] },
    {
      lineWidth: 0,
      // Some of IPv6 is a number to YAML, and what a name becomes may be that.
      ...(addresses.every(address => familyOf(address) === 4) ? {} : { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }),
    },
  )
}
