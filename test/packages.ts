import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const onPath = (program: string) => (process.env['PATH'] ?? '').split(path.delimiter).map(folder => path.join(folder, program))

/** Debian packages the tests need on this machine: how to see each, and the units it would start. */
const packages = [
  { name: 'mariadb-server', programs: ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/bin/mariadbd'], units: ['mariadb.service'] },
  { name: 'mariadb-backup', programs: onPath('mariadb-backup'), units: [] },
  { name: 'default-jre-headless', programs: onPath('java'), units: [] },
  { name: 'mosquitto', programs: ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'], units: ['mosquitto.service'] },
  { name: 'mtools', programs: onPath('mtype'), units: [] },
  { name: 'e2tools', programs: onPath('e2ls'), units: [] },
  { name: 'restic', programs: onPath('restic'), units: [] },
  { name: 'xz-utils', programs: onPath('xz'), units: [] },
  { name: 'maven', programs: onPath('mvn'), units: [] },
  // bookworm's has promtool in it; later it is a package of its own.
  { name: 'prometheus', programs: onPath('promtool'), units: ['prometheus.service', 'prometheus-node-exporter.service'] },
  { name: 'prometheus-alertmanager', programs: onPath('amtool'), units: ['prometheus-alertmanager.service'] },
]

const policy = '/usr/sbin/policy-rc.d'

/** Installs what is missing, after saying which. What cannot be had is said, and the tests that need it skip themselves. */
export default function setup(): void {
  const missing = packages.filter(({ programs }) => !programs.some(file => existsSync(file)))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.warn(`SKIPPED: tests that need ${names.join(', ')}: not installed here, and installing takes root on Debian or Ubuntu.`)
    return
  }
  console.warn(`Installing Debian packages the tests need: ${names.join(', ')} (their services are not started) …`)
  // apt asks this file before it starts a service; 101 forbids it. One that is there already is somebody's own.
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  // Engines and virtual Pis are tested at the same time: one of them installs, the other waits and finds all of it there.
  const apt = (...words: string[]) =>
    execFileSync('flock', [path.join(tmpdir(), 'fleet-test-packages.lock'), 'apt-get', '-q', '-y', ...words], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  try {
    apt('update')
    apt('install', '--no-install-recommends', ...names)
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
  for (const unit of missing.flatMap(({ units }) => units)) {
    try {
      // Neither now nor at the next start of the machine: nobody asked for a database server on it.
      execFileSync('systemctl', ['disable', '-q', unit], { stdio: 'ignore' })
    } catch {
      // No systemd here: nothing starts it.
    }
  }
}
