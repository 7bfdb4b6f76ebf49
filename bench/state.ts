/** The state of a measured host beside its usual roles, as data: a role and plain shell scripts are made from it. */

const lines = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${name}.setting.${at} = ${(at * 7919) % 1000}\n`).join('')
const unit = (name: string) =>
  `[Unit]\nDescription=${name}, which does nothing\n\n[Service]\nExecStart=/usr/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n`

export const packages = ['jq', 'rsync', 'screen'] as const
export const users = ['bench-a', 'bench-b'] as const
export const services = ['bench-one', 'bench-two', 'bench-three'] as const
export const units: ReadonlyMap<string, string> = new Map(services.map(name => [`/etc/systemd/system/${name}.service`, unit(name)]))
export const directories = Array.from({ length: 6 }, (_, at) => `/srv/bench/part${at}`)
/** 13 files, 0.3 to 13 KB. */
export const files: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 13 }, (_, at) => [`/etc/bench/${at}.conf`, lines(`part${at}`, 10 + at * 40)]),
)
export const sysctls = { 'net.ipv4.tcp_keepalive_time': 600, 'net.ipv4.tcp_fin_timeout': 30 } as const
/** What a command makes, and how it sees that it did. */
export const commands = ['a', 'b', 'c', 'd'].map(name => ({
  name: `made-${name}`,
  unless: `[ -e /srv/bench/made-${name} ]`,
  run: `mkdir -p /srv/bench && touch /srv/bench/made-${name}`,
}))

/** The environment variable that names a big file of this machine, for each host to have. */
export const bigFile = 'BENCH_BIG_FILE'
