import type { Authority } from '../../engine/ca/authority.ts'
import { namesOf } from '../../engine/ca/names.ts'
import { knowsAddress, listenOf } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import { apt, certificate, file, packagesGone, pathGone, revocations, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { mqttBrokers, producers, readings, revocationReaders, sinks } from '../offers.ts'
import { aclText, producerRules } from './acl.ts'
import { brokerConfig } from './config.ts'
import { memoryMax, queueOf, serverMemory } from './memory.ts'
import { aclFile, brokerName, configFile, dataFolder, dropInFile, tlsFiles, tlsFolder } from './names.ts'
import { askFigures, readFigures } from './status.ts'
import { source, store } from './store.ts'
import { dropIn } from './unit.ts'
import { mosquittoVars } from './vars.ts'

const MiB = 1024 * 1024

export default role('mosquitto', {
  vars: mosquittoVars,

  memory: ({ facts, vars }) => ({ broker: serverMemory(vars.connections), 'readings that wait': queueOf(facts, vars).memory }),

  // The file with what waits is written beside the one before; on the card a message takes less than in memory.
  disk: ({ facts, vars }) => ({
    'the broker': { now: 2 * MiB },
    'readings that wait': { at: dataFolder, now: 2 * queueOf(facts, vars).memory },
  }),

  *offers({ host, vars }) {
    yield offer(readings, store(host, vars))
    yield offer(mqttBrokers, source(host, vars))
    yield offer(revocationReaders, true)
  },

  prepare: ({ authority }): Promise<Authority> => authority(),

  *desired({ host, facts, vars, prepared: authority, offered }) {
    const { port, connections, save, keep } = vars
    const listen = listenOf(host, vars.listen)
    const queue = queueOf(facts, vars)
    const known = yield* knowsAddress(listen)
    yield apt('mosquitto', 'mosquitto-clients', 'openssl')
    const clients = {
      producers: offered(producers).map(({ host: { name } }) => name),
      sinks: offered(sinks).flatMap(({ host: { name }, value: { from } }) => (from === 'mqtt' ? [name] : [])),
      broker: host.name,
    }
    const read = [
      yield certificate(tlsFiles.own, { authority, subject: brokerName(host.name), names: namesOf(host), owner: 'mosquitto' }),
      yield file(tlsFiles.ca, authority.certificate),
      // Read at the handshake only: who is on it and has a connection keeps that until the broker starts again.
      yield revocations(tlsFiles.revoked, { authority, serials: [...vars.revoked, ...authority.revoked] }),
      yield file(aclFile, aclText(clients), { mode: '0600', owner: 'mosquitto' }),
      yield file(configFile, brokerConfig({ listen, port, connections, save, keep, queue, ownName: producerRules(host.name).ownName })),
      yield file(dropInFile, dropIn({ listen, port, memoryMax: memoryMax(queue, connections) })),
    ]
    yield service('mosquitto', { restartOn: [...known, ...read] })
  },

  *stopped() {
    yield service('mosquitto', { enabled: false, running: false })
  },

  *purged() {
    yield packagesGone('mosquitto', 'mosquitto-clients')
    for (const path of [configFile, aclFile, tlsFolder, dropInFile]) yield pathGone(path)
  },

  data: { path: dataFolder },

  status: ({ host, vars }) => ({
    units: ['mosquitto'],
    ask: askFigures(listenOf(host, vars.listen), vars.port, host.name),
    read: readFigures,
  }),
})
