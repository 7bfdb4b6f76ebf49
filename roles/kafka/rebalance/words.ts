import type { Shell } from '../../../engine/resources/index.ts'
import { healthTopic } from '../admin/words.ts'
import type { Change } from '../admin/session.ts'
import type { Step } from './steps.ts'

const errand = (...changes: readonly Change[]): Shell => `kafka-admin: ${changes.map(change => JSON.stringify(change)).join(', ')}`
const shown = 3

/** What a step runs on its host, for a person to read: the errand without the addresses and certificates it goes with. */
export function commandsOf(step: Step): readonly Shell[] {
  switch (step.state) {
    case 'throttle':
      return [errand({ throttle: step.rate, topics: step.topics })]
    case 'minimum':
      return [errand(minimumOf(step))]
    case 'move': {
      const first = step.moves.slice(0, shown).map(({ topic, partition, to }) => `${topic}-${partition} → ${to.join(',')}`)
      const more = step.moves.length - first.length
      return [`kafka-admin: move ${first.join('  ')}${more > 0 ? `  and ${more} more` : ''}`]
    }
    case 'unthrottle':
      return [errand({ unthrottle: true })]
    case 'prefer':
      return ['kafka-admin: prefer each partition that another broker leads']
    case 'verify':
      return ['kafka-admin    # leaders by broker']
    case 'quorum':
      return ['kafka-admin: removeController, with the directory it has']
    case 'stop':
      return ['kafka-admin    # on another broker: it holds nothing, and is no controller', 'systemctl disable --now kafka']
    case 'unregister':
      return [errand({ removeTopic: healthTopic(step.id) }, { unregister: step.id })]
  }
}

/** The setting that a topic of fewer copies gets. */
export const minimumOf = ({ topic, inSync }: { readonly topic: string; readonly inSync: number }): Change => ({
  configure: topic,
  configs: { 'min.insync.replicas': String(inSync) },
})
