import type { Shell } from '../../../engine/resources/index.ts'
import { commandOf } from '../node/index.ts'
import type { Step } from './steps.ts'

const seedsFile = '/var/lib/cassandra/seeds.yaml'
const tokensFile = '/var/lib/cassandra/tokens.yaml'

/** What a step runs on its node, for a person to read: the same words, without what makes them safe to run twice. */
export function commandsOf(step: Step): readonly Shell[] {
  switch (step.state) {
    case 'promote':
      return [`write ${seedsFile}: ${step.seeds.join(', ')}`]
    case 'decommission':
      return ['nodetool decommission --force    # system_auth has more copies than nodes on purpose; other keyspaces were checked']
    case 'confirm':
      return ['nodetool status    # on every other node']
    case 'stop':
      return ['systemctl disable --now cassandra']
    case 'aside':
      return [
        'nodetool status    # on every other node',
        `rm ${tokensFile}; mv /var/lib/cassandra/{data,commitlog,saved_caches,hints} /var/lib/cassandra/before-rebalance.1`,
      ]
    case 'place':
      return [
        `write ${seedsFile}: ${step.seeds.join(', ')}`,
        `write ${tokensFile}: num_tokens: ${step.tokens.length}, initial_token: ${step.tokens.join(',')}`,
      ]
    case 'provision':
      return [`provision ${step.node} --role cassandra    # from this machine`]
    case 'start':
      return ['systemctl enable cassandra; systemctl start cassandra']
    case 'join':
      return ['nodetool status    # on every node, until all say UN; then its tokens and what it was given']
    case 'settle':
      return [`rm ${seedsFile}`]
    case 'cleanup':
      return ['nodetool cleanup']
    case 'forget':
      return [commandOf({ do: 'forget' })]
  }
}
