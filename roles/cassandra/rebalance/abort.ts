import type { Member } from '../ring/index.ts'
import type { Journal } from './journal.ts'
import type { Step } from './steps.ts'

/** How a ring stands in the middle of a rebalance, and whether it can be left so. */
export interface Standing {
  /** Where false, what goes on cannot be stopped. */
  readonly leave: boolean
  /** Sentences for a person. */
  readonly says: readonly string[]
  /** The node that is out of the ring and must forget what it holds before it can ever join again. */
  readonly forget: { readonly node: string; readonly id: string } | undefined
  /** Nodes with seeds of the time between. */
  readonly settle: readonly string[]
}

/** What giving up means at the step a journal stands at. Pure. */
export function standing({ steps, at }: Journal, members: ReadonlyMap<string, Member>): Standing {
  const step = steps[at]
  const settle = [...new Set(steps.slice(0, at + 1).flatMap(({ state, node }) => (state === 'promote' || state === 'place' ? [node] : [])))]
  const done = [...new Set(steps.slice(0, at).flatMap(({ state, node }) => (state === 'settle' ? [node] : [])))].filter(node => steps.some(each => each.state === 'join' && each.node === node))
  const rest = [...new Set(steps.slice(at).flatMap(({ state, node }) => (state === 'decommission' || state === 'place' ? [node] : [])))].filter(node => node !== step?.node)
  const says = [
    ...(done.length ? [`${done.join(', ')} has rejoined with its new tokens and stays as it is`] : []),
    ...(rest.length ? [`${rest.join(', ')} has not moved`] : []),
  ]
  const out = (node: string, id: string): Standing => ({
    leave: true, settle: settle.filter(name => name !== node), forget: { node, id },
    says: [`${node} is out of the ring: all its data is with the others; \`provision ${node}\` lets it join again with its share`, ...says],
  })
  const nothing = (what: string): Standing => ({ leave: true, settle, forget: undefined, says: [what, ...says] })
  const wait = (what: string): Standing => ({ leave: false, settle: [], forget: undefined, says: [what, ...says] })
  if (!step) return nothing('it is done')
  const { node } = step
  const mode = members.get(node)?.mode
  switch (step.state) {
    case 'copies': case 'promote': return nothing('nothing has moved yet at this step')
    case 'decommission':
      if (mode === 'LEAVING') return wait(`${node} is leaving the ring right now, and that cannot be stopped: \`rebalance --resume\` waits for it and lets it rejoin`)
      if (mode === 'DECOMMISSIONED') return out(node, step.id)
      return mode === undefined && !knownTo(members, step.id) ? out(node, step.id) : nothing(`${node} is still a node, with all its data and its old tokens`)
    case 'confirm': case 'stop': case 'wipe': return out(node, step.id)
    case 'place': case 'provision': case 'start': case 'join': {
      if (mode === 'NORMAL') return nothing(`${node} has joined with its new tokens`)
      if (mode !== undefined || members.get(node)?.service === 'activating') return wait(`${node} is joining the ring: \`rebalance --resume\` waits for it`)
      return out(node, idOf(steps, at))
    }
    case 'settle': return nothing(`${node} has joined with its new tokens`)
    case 'cleanup': return nothing(`every node has its tokens; some data is there twice until \`nodetool cleanup\` ran on ${[...new Set(steps.slice(at).map(each => each.node))].join(', ')}`)
  }
}

const knownTo = (members: ReadonlyMap<string, Member>, id: string) => [...members.values()].some(({ sees }) => sees.some(node => node.id === id))

function idOf(steps: readonly Step[], at: number): string {
  const left = steps.slice(0, at).findLast(step => step.state === 'wipe')
  return left?.state === 'wipe' ? left.id : ''
}
