import type { Shell } from '../../../engine/resources/index.ts'
import { firstOptions } from '../config/jvm.ts'
import { writes } from '../config/write.ts'
import { seedsOverride, seedsYaml, stateFolder, tokensYaml } from '../config/yaml.ts'
import { dataFolders, systemFactor } from '../ring/index.ts'
import { replicationMap, replicationOf } from '../system-keyspaces.ts'
import { place } from '../vars.ts'
import type { Step } from './steps.ts'

/** Units of work that goes on when nobody looks. */
export const decommissionUnit = 'rebalance-decommission'
export const cleanupUnit = 'rebalance-cleanup'

/** CQL that gives keyspaces so many copies. */
export function copiesCql(keyspaces: readonly string[], copies: number): string {
  return keyspaces.map(name => `ALTER KEYSPACE ${name} WITH replication = ${replicationMap(replicationOf(place.datacenter, copies))};`).join('\n')
}

export function writesSeeds(seeds: readonly string[]): Shell {
  return writes(seedsOverride, seedsYaml(seeds))
}

/** Tokens of the next start. `nodes`: how many there will be; counts on a Pi that has never been one. */
export function writesTokens(tokens: readonly string[], nodes: number): Shell {
  const options = `${stateFolder}/first.options`
  return `mkdir -p ${stateFolder} && { [ -s ${options} ] || { ${writes(options, firstOptions(systemFactor(nodes)))}; }; } && ${writes(`${stateFolder}/tokens.yaml`, tokensYaml(tokens.map(BigInt)))}`
}

export function wipes(forGood: boolean): Shell {
  return `rm -rf ${[...dataFolders, ...(forGood ? [`${stateFolder}/tokens.yaml`, seedsOverride] : [])].join(' ')}`
}

/** What a step runs on its node, for a person to read: the same words, without what makes them safe to run twice. */
export function commandsOf(step: Step): readonly string[] {
  switch (step.state) {
    case 'copies': return copiesCql(step.keyspaces, step.copies).split('\n').map(text => `cql -e "${text}"`)
    case 'promote': return [`write ${seedsOverride}: ${step.seeds.join(', ')}`]
    case 'decommission': return ['nodetool decommission']
    case 'confirm': return ['nodetool status    # on every other node']
    case 'stop': return [step.forGood ? 'systemctl disable --now cassandra' : 'systemctl stop cassandra']
    case 'wipe': return [wipes(step.forGood)]
    case 'place': return [`write ${seedsOverride}: ${step.seeds.join(', ')}`, `write ${stateFolder}/tokens.yaml: num_tokens: ${step.tokens.length}, initial_token: ${step.tokens.join(',')}`]
    case 'provision': return [`provision ${step.node} --role cassandra    # from this machine`]
    case 'start': return ['systemctl start cassandra']
    case 'join': return ['nodetool status    # on every node, until all say UN']
    case 'settle': return [`rm -f ${seedsOverride}`]
    case 'cleanup': return ['nodetool cleanup']
  }
}
