import * as z from 'zod'
import { apt, block, blockGone, command, file, pathGone, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { quote } from '../../engine/shell.ts'
import { gentleCard, gentleJournal, gentleUnit, gentleUnitPath, usualCard, zram, zramPath } from './gentle-card.ts'
import { hostsFile, hostsLines, ownNames, wholeBegins } from './hosts-file.ts'

const MiB = 1024 * 1024
const cloudSettings = '/etc/cloud/cloud.cfg.d/99-fleet.cfg'
const cloudTemplate = '/etc/cloud/templates/hosts.debian.tmpl'
const journalLimits = '/etc/systemd/journald.conf.d/60-fleet.conf'

export default role('base', {
  vars: z.strictObject({
    hosts: z.record(z.string(), z.string()).default({}).describe('more names for /etc/hosts: name → address'),
    journal: z.number().int().min(8).default(64).describe('most the journal may take of the card, in MiB'),
    sdCard: z
      .enum(['usual', 'gentle'])
      .default('usual')
      .describe(
        'gentle: few writes to the card; a power cut then may take the last minute of files that nobody synced, and half an hour of the journal',
      ),
  }),

  // An idle Pi OS Lite; what the kernel needs to keep programs and the card's index in memory comes on top.
  memory: () => ({ system: 64 * MiB, 'page cache floor': 32 * MiB }),

  // apt keeps its lists of packages and the packages it has fetched.
  disk: ({ vars }) => ({ journal: { now: vars.journal * MiB }, 'lists and packages of apt': { now: 200 * MiB } }),

  *desired({ host, fleet, facts, vars }) {
    yield command('hostname', {
      unless: `[ "$(cat /etc/hostname)" = ${host.name} ] && [ "$(uname -n)" = ${host.name} ]`,
      run: `printf '%s\\n' ${quote(host.name)} >/etc/hostname && hostname ${quote(host.name)}`,
    })
    yield block('/etc/hosts', hostsLines(host.name, fleet, vars.hosts), { rest: ownNames, wholeBegins })
    if (facts.cloudInit) {
      // What a card's first settings ask for wins over this: where they want /etc/hosts written at each boot, it is written from our own
      // words.
      yield file(cloudSettings, 'preserve_hostname: true\nmanage_etc_hosts: false\n')
      yield file(cloudTemplate, hostsFile(host.name, fleet, vars.hosts))
    }

    // Without a clock chip a Pi is wrong at each boot, and certificates and readings with it.
    // Whoever chose another daemon, for a receiver or a clock chip, keeps it: two of them cannot be installed.
    if (facts.timeDaemon === undefined) yield apt('systemd-timesyncd')
    yield service(facts.timeDaemon ?? 'systemd-timesyncd', { enabled: true, running: !facts.container })

    const gentle = vars.sdCard === 'gentle'
    const limits = yield file(journalLimits, `[Journal]\nSystemMaxUse=${vars.journal}M\nRuntimeMaxUse=16M\n${gentle ? gentleJournal : ''}`)
    yield service('systemd-journald', { restartOn: [limits] })

    // A container has its root and its swap from its machine.
    if (gentle && !facts.container) {
      const unit = yield file(gentleUnitPath, gentleCard)
      yield service(gentleUnit, { restartOn: [unit] })
      // Later releases of Raspberry Pi OS swap to compressed memory by themselves.
      if (facts.release === 'bookworm') {
        const sizes = yield file(zramPath, zram)
        yield apt('zram-tools')
        yield service('zramswap', { restartOn: [sizes] })
        yield service('dphys-swapfile', { enabled: false, running: false })
      }
    } else yield command('card as usual', usualCard)
  },

  // Its name, its time daemon and apt's lists stay: they do no harm, and others may need them.
  *purged() {
    yield blockGone('/etc/hosts', { rest: ownNames, wholeBegins })
    for (const path of [cloudSettings, cloudTemplate, journalLimits]) yield pathGone(path)
    yield command('card as usual', usualCard)
  },
})
