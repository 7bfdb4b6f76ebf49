import type { KafkaMemory } from '../memory.ts'
import { copiesOfOwn, minInSync, type Member } from '../members.ts'
import { controllerEndpoint, listenerSettings } from './listeners.ts'
import { offsetsTopic } from './offsets-topic.ts'
import { dataFolder } from './paths.ts'

type Settings = Readonly<Record<string, string | number | boolean>>

const MiB = 2 ** 20

/** Lines of a properties file. A backslash would begin an escape there. */
export function propertiesText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('')
}

/** server.properties of one broker. Nothing in it depends on other brokers: a fleet that grows or shrinks restarts nobody. */
export function serverProperties(member: Member, memory: KafkaMemory): string {
  return `# Written by provision for this Pi's memory. What the fleet says is in fleet.properties beside it; both are joined when the service starts.\n${propertiesText(
    {
      // Each can be a controller, and those in the quorum are: who comes into it or leaves it is not restarted for it.
      'process.roles': 'broker,controller',
      'node.id': member.id,
      ...listenerSettings(member),
      'log.dirs': dataFolder,
      ...topics(member),
      ...sizes(memory),
    },
  )}`
}

function topics({ vars }: Member): Settings {
  return {
    'auto.create.topics.enable': false,
    'delete.topic.enable': true,
    'log.retention.ms': -1,
    'log.retention.bytes': -1,
    'unclean.leader.election.enable': false,
    'offsets.topic.num.partitions': offsetsTopic.partitions,
    // Offsets of a consumer that was away for long are kept: it would read all of "the beginning" again.
    'offsets.retention.minutes': 525_600,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.num.partitions': 4,
    'log.segment.bytes': 64 * MiB,
    'log.index.size.max.bytes': MiB,
    'metadata.log.segment.bytes': 8 * MiB,
    'metadata.max.retention.bytes': 32 * MiB,
    'message.max.bytes': MiB,
    ...(vars.durable ? { 'log.flush.interval.messages': 1 } : { 'log.flush.interval.ms': 1000, 'log.flush.scheduler.interval.ms': 1000 }),
  }
}

function sizes(memory: KafkaMemory): Settings {
  return {
    'num.network.threads': memory.networkThreads,
    'num.io.threads': memory.ioThreads,
    'num.replica.fetchers': 1,
    'num.recovery.threads.per.data.dir': 1,
    'background.threads': 2,
    'socket.send.buffer.bytes': 65_536,
    'socket.receive.buffer.bytes': 65_536,
    // A request may hold a batch of each partition.
    'socket.request.max.bytes': 4 * MiB,
    'queued.max.requests': 64,
    'queued.max.request.bytes': memory.queuedRequests,
    'replica.fetch.max.bytes': MiB,
    'replica.fetch.response.max.bytes': 4 * MiB,
    'log.cleaner.threads': 1,
    'log.cleaner.dedupe.buffer.size': memory.dedupe,
    'log.cleaner.io.buffer.size': 65_536,
  }
}

/**
 * What a broker asks the fleet when it starts, and only then: where controllers are, and how many copies Kafka's own topics get when they are made.
 * A change of it is no reason to start again.
 */
export function fleetProperties(members: readonly Member[]): string {
  const vars = members[0]?.vars
  const copies = copiesOfOwn(members)
  const inSync = Math.max(1, copies - 1)
  return `# Written by provision.\n${propertiesText({
    'controller.quorum.bootstrap.servers': members
      .filter(({ controller }) => controller)
      .map(controllerEndpoint)
      .join(','),
    'default.replication.factor': vars?.replication ?? 1,
    'min.insync.replicas': vars === undefined ? 1 : minInSync(vars),
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': inSync,
  })}`
}
