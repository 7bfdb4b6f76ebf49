import type { Listen } from '../../engine/listen.ts'
import type { Queue } from './memory.ts'
import { aclFile, dataFolder, tlsFiles } from './names.ts'
import type { MosquittoVars } from './vars.ts'

/** Bytes of a message: what AWS IoT takes, so that the same agents send to both. */
export const mostBytes = 128 * 1024

export interface ConfigOptions extends Pick<MosquittoVars, 'port' | 'connections' | 'save' | 'keep'> {
  readonly listen: Listen
  readonly queue: Queue
  /** A client is called what its certificate says. */
  readonly ownName: boolean
  /** Where its files are, in place of `/etc/mosquitto` and `/var/lib/mosquitto`. */
  readonly place?: (path: string) => string
}

/** The line that says where it listens: the first one, for what follows is about it. */
export const listenerLine = (port: number, address: string): string => `listener ${port} ${address}`

/**
 * The broker's whole configuration. Where its address is looked up at each start, the line that says where is put before it then.
 */
export function brokerConfig({ listen, port, connections, save, keep, queue, ownName, place = path => path }: ConfigOptions): string {
  return `# Written by provision.
${'address' in listen ? `${listenerLine(port, listen.address)}\n` : ''}max_connections ${connections}
cafile ${place(tlsFiles.ca)}
certfile ${place(tlsFiles.own)}
keyfile ${place(tlsFiles.own)}
crlfile ${place(tlsFiles.revoked)}
tls_version tlsv1.2
# Who a client is, its certificate says: no passwords, and nobody without one.
require_certificate true
use_identity_as_username true
use_username_as_clientid ${ownName}
allow_anonymous false
allow_zero_length_clientid false
acl_file ${place(aclFile)}

# What waits for a sink that is away lies in memory, and is written to the card now and then.
persistence true
persistence_location ${place(dataFolder)}/
autosave_interval ${save}
persistent_client_expiration ${keep}d
max_queued_messages ${queue.messages}
max_queued_bytes ${queue.bytes}
# A sink says itself how many it takes at a time.
max_inflight_messages 1000
message_size_limit ${mostBytes}
max_packet_size ${mostBytes + 1024}
max_keepalive 120
queue_qos0_messages false
set_tcp_nodelay true
sys_interval 10

# The journal has the time.
log_dest stderr
log_type error
log_type warning
log_type notice
log_timestamp false
connection_messages true
`
}
