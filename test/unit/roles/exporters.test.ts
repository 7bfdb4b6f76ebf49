import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownAddressPath, type Listen } from '../../../engine/listen.ts'
import { defaults, dropIn, type Exporter } from '../../../roles/exporter.ts'
import { canJudge, exposure } from './exposure.ts'

const node: Exporter = { unit: 'prometheus-node-exporter', port: 9100 }
const mysqld: Exporter = { unit: 'prometheus-mysqld-exporter', port: 9104, options: '--config.my-cnf=/etc/my.cnf' }
const byName: Listen = { name: 'mysql.local' }

describe('exporters', () => {
  it('listen on the address of the fleet, by number', () => {
    expect(defaults(node, { address: '10.0.0.7' })).toBe('# Written by provision.\nARGS="--web.listen-address=10.0.0.7:9100"\n')
    expect(defaults(mysqld, { address: 'fd00::7' })).toContain('ARGS="--config.my-cnf=/etc/my.cnf --web.listen-address=[fd00::7]:9104"\n')
    expect(dropIn(node, { address: '10.0.0.7' })).not.toContain('ExecStartPre')
  })

  it.each([
    ['192.168.1.20', '192.168.1.20:9104'],
    ['fd00::7', '[fd00::7]:9104'],
  ])('and by name: what it stands for when the exporter starts (%s)', (address, where) => {
    expect(defaults(mysqld, byName)).not.toContain('ARGS')
    const folder = mkdtempSync(join(tmpdir(), 'exporters-'))
    try {
      writeFileSync(join(folder, 'own-address'), `#!/bin/sh\necho ${address}\n`, { mode: 0o755 })
      // As systemd reads it: what is in single quotes is one word, in which a backslash is doubled, as is a dollar.
      const text =
        /^ExecStartPre=\/bin\/sh -c '(.*)'$/m.exec(dropIn(mysqld, byName))?.[1]?.replaceAll('$$', '$').replaceAll('\\\\', '\\') ?? 'false'
      const here = text.replaceAll(ownAddressPath, join(folder, 'own-address')).replaceAll('/run/prometheus-mysqld-exporter', folder)
      expect(spawnSync('sh', ['-c', here], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
      expect(readFileSync(join(folder, 'arguments'), 'utf8')).toBe(`ARGS="--config.my-cnf=/etc/my.cnf --web.listen-address=${where}"\n`)
      writeFileSync(join(folder, 'own-address'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
      expect(spawnSync('sh', ['-c', here]).status).toBe(1)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('come up by themselves once their address is there', () => {
    for (const text of [dropIn(node, { address: '10.0.0.7' }), dropIn(mysqld, byName)])
      expect(text).toMatch(/^StartLimitIntervalSec=0$[^]*^Restart=always$/m)
  })

  const debian = '[Service]\nRestart=on-failure\nUser=prometheus\nEnvironmentFile=/etc/default/x\nExecStart=/usr/bin/x $ARGS\n'
  it.skipIf(!canJudge).each([node, mysqld])('may do little else, as systemd judges: $unit', exporter => {
    expect(exposure(exporter.unit, debian)).toBeGreaterThan(8)
    expect(exposure(exporter.unit, debian, dropIn(exporter, byName))).toBeLessThanOrEqual(4)
  })
})
