import type { Trust } from '../../engine/authority/authority.ts'
import type { Host } from '../../engine/inventory/types.ts'
import { apt, certificate, certificateGone, file, type AnyResource } from '../../engine/resources/index.ts'

export const tlsConfig = '/etc/mysql/mariadb.conf.d/61-tls.cnf'
const to = '/etc/fleet/mariadb'

/** The server's certificate, for all it is called by, and the settings that use it. The service restarts for either. */
export function* encryption({ name, address }: Host, trust: Trust): Generator<AnyResource, AnyResource[], AnyResource> {
  yield apt('openssl')
  const own = yield certificate(to, { name, addresses: [address, '127.0.0.1', 'localhost'], trust, group: 'mysql' })
  const settings = yield file(tlsConfig, `# Written by provision.
[mysqld]
ssl_key = ${to}/key.pem
ssl_cert = ${to}/cert.pem
ssl_ca = ${to}/ca.pem
tls_version = TLSv1.2,TLSv1.3
`)
  return [own, settings]
}

/** What of it is taken away when asked for. */
export function* encryptionGone(): Generator<AnyResource, void, AnyResource> {
  yield certificateGone(to)
}
