import { resource, type Kind, type Resource } from '../../../engine/resources/index.ts'
import { adminPath, doesErrand } from '../admin/run.ts'
import type { Member } from '../members.ts'
import { differences, notesOf, type ClusterSeen } from './differences.ts'
import type { ClusterWanted } from './wanted.ts'

interface Spec extends ClusterWanted {
  /** The broker of the Pi that is asked; others follow. */
  readonly asked: Member
}

const brokersOf = ({ asked, members }: Spec) => [asked, ...members.filter(({ id }) => id !== asked.id)]

export const clusterKind: Kind<Spec, ClusterSeen | undefined> = {
  name: 'kafka cluster',
  label: ({ topic }) => topic.name,
  ask: specs =>
    specs
      .map(
        spec =>
          `[ -e ${adminPath} ] && [ -e /etc/kafka/tls/broker.pem ] && ${doesErrand(brokersOf(spec), {
            timeout: 20,
            ask: ['users', 'rules', 'quorum', 'features'],
            configs: [spec.topic, ...(spec.deadLetters ? [spec.deadLetters] : [])].map(({ name }) => name),
            logins: {
              host: spec.asked.host.address,
              port: spec.asked.vars.port,
              passwords: Object.fromEntries(spec.accounts.map(({ user, password }) => [user, password])),
            },
          })} 2>/dev/null`,
      )
      .join('\n'),
  read(output, specs) {
    const lines = output.split('\n').filter(Boolean)
    return specs.map((_spec, index) => seenOf(lines[index]))
  },
  compare(spec, seen) {
    if (!seen) return [{ does: `make its topic, accounts and rules, once a broker answers` }]
    return differences(spec, seen).map(({ does, for: hosts }) => ({ does, ...(hosts && { for: hosts }) }))
  },
  notes: (spec, seen) => (seen ? notesOf(spec, seen) : []),
  change(spec, seen) {
    if (!seen) return [{ run: `echo 'no broker of the cluster answers here: journalctl -u kafka tells why' >&2; false` }]
    return differences(spec, seen).map(({ change }) => ({
      run: `${doesErrand(brokersOf(spec), { change: [change] })} >/dev/null`,
      timeout: 120,
    }))
  },
}

function seenOf(line: string | undefined): ClusterSeen | undefined {
  return line?.startsWith('{') ? (JSON.parse(line) as ClusterSeen) : undefined
}

/** Accounts, rules, the topic and the quorum of the fleet's cluster, asked on this broker's Pi. */
export function cluster(wanted: ClusterWanted, asked: Member): Resource<Spec, ClusterSeen | undefined> {
  return resource(clusterKind, { ...wanted, asked })
}
