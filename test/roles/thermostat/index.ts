import { z } from 'zod'
import { withPort } from '../../../engine/inventory/address.ts'
import { asksPage, listenOf } from '../../../engine/listen.ts'
import { offer } from '../../../engine/offer.ts'
import { command, directory, fetched, file, inTurn, pathGone, service } from '../../../engine/resources/index.ts'
import { role } from '../../../engine/role.ts'
import { metrics, pages } from '../../../roles/offers.ts'
import { keeps, page, pageSocket, pageUnit, unit } from './files.ts'
import { panels, rules } from './monitoring.ts'
import { readPage } from './status.ts'

const MiB = 1024 * 1024
const folder = '/var/lib/thermostat'

/** A product that exists in tests only, and says all that a role can say: nothing but this folder knows it. */
export default role('thermostat', {
  vars: z.strictObject({
    port: z.number().int().default(8088).describe('where it serves its page and its figures'),
    target: z.number().default(21).describe('degrees it keeps'),
  }),

  memory: () => ({ shell: 8 * MiB }),

  disk: () => ({ schedule: { at: folder, now: MiB } }),

  refuse: ({ facts }) =>
    facts.architecture === 'armhf' ? { reason: 'it needs a 64-bit system', hint: 'put a 64-bit Raspberry Pi OS on its card' } : undefined,

  variant: ({ facts }) => facts.architecture,

  prepare: ({ variant }) => Promise.resolve({ program: `# For ${variant}.` }),

  *offers({ host, vars }) {
    yield offer(metrics, { port: vars.port, job: 'thermostat', title: 'the heating', rules, panels })
    yield offer(pages, { url: `http://${withPort(host.address, vars.port)}/`, title: 'the heating' })
  },

  *desired({ host, vars, prepared, kept }) {
    const program = yield file('/usr/local/bin/thermostat', keeps(prepared.program, vars.target), { mode: '0755' })
    const answers = yield file('/usr/local/bin/thermostat-page', page, { mode: '0755' })
    const units = [
      yield file('/etc/systemd/system/thermostat.service', unit),
      yield file('/etc/systemd/system/thermostat-page@.service', pageUnit),
      yield file('/etc/systemd/system/thermostat-page.socket', pageSocket(vars.port)),
    ]
    yield directory(folder)
    const named = yield command('id of the thermostat', {
      unless: `[ -s ${folder}/id ]`,
      run: `read -r id </proc/sys/kernel/random/uuid && echo "$id" >${folder}/id.new && mv ${folder}/id.new ${folder}/id`,
    })
    yield fetched(`${folder}/id`, kept, `ids/${host.name}`, { most: 100, on: [named] })
    yield inTurn(service('thermostat', { restartOn: [program, ...units] }), 'thermostat', { only: 'restart' })
    yield service('thermostat-page.socket', { restartOn: [answers, ...units] })
  },

  // The heating of the house has one schedule, whoever keeps it.
  *cluster({ hosts }) {
    const schedule = yield file(`${folder}/schedule`, hosts.map(({ host, vars }) => `${host.name} ${vars.target}\n`).join(''))
    yield command('schedule is read', {
      unless: `[ -e ${folder}/read ]`,
      run: `wc -l <${folder}/schedule >>${folder}/read`,
      on: [schedule],
    })
  },

  *stopped() {
    yield service('thermostat-page.socket', { enabled: false, running: false })
    yield service('thermostat', { enabled: false, running: false })
  },

  *purged() {
    for (const name of ['thermostat', 'thermostat-page']) yield pathGone(`/usr/local/bin/${name}`)
    for (const name of ['thermostat.service', 'thermostat-page@.service', 'thermostat-page.socket'])
      yield pathGone(`/etc/systemd/system/${name}`)
  },

  data: { path: folder },

  ready: () => ({ ask: `[ ! -e ${folder}/busy ] || { echo 'it heats the bath'; false; }`, within: 30 }),

  status: ({ host, vars }) => ({
    units: ['thermostat', 'thermostat-page.socket'],
    ask: asksPage(listenOf(host, undefined), vars.port, '/metrics', 5),
    read: readPage,
  }),
})
