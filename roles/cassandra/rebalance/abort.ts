import type { Standing as StandingOf } from '../../../engine/operation/index.ts'
import type { NodeState } from '../node/index.ts'
import type { Journal } from './operation.ts'

/** How a ring stands in the middle of a rebalance, and whether it can be left so. */
export interface Standing extends StandingOf {
  /** The node that is out of the ring, and whose data is moved aside, so that it can join again. */
  readonly aside: string | undefined
  /** The node that has tokens for a start that never came to be. */
  readonly unplace: string | undefined
  /** Nodes with seeds of the time between. */
  readonly settle: readonly string[]
}

/** What is known of the node of the step at hand. */
export interface AtHand {
  /** None where it cannot be had. */
  readonly own: NodeState | undefined
  /** For whom it is still a node, as sentences. */
  readonly known: readonly string[]
  /** Why it is not proven that it is none; see `doubts`. */
  readonly doubts: readonly string[]
}

/** What giving up means at the step a journal stands at. Takes nothing away where that is not proven to be safe. Pure. */
export function standing({ steps, at }: Pick<Journal, 'steps' | 'at'>, { own, known, doubts }: AtHand): Standing {
  const step = steps[at]
  const settle = [...new Set(steps.slice(0, at + 1).flatMap(({ state, node }) => (state === 'promote' || state === 'place' ? [node] : [])))]
  const joined = (name: string) => steps.slice(0, at).some(each => each.state === 'join' && each.node === name)
  const done = [...new Set(steps.slice(0, at).flatMap(({ node }) => (joined(node) ? [node] : [])))].filter(node => node !== step?.node)
  const rest = [
    ...new Set(steps.slice(at).flatMap(({ state, node }) => (state === 'decommission' || state === 'place' ? [node] : []))),
  ].filter(node => node !== step?.node)
  const kept = steps.flatMap(({ state, node }, index) => (state === 'aside' && index < at ? [node] : []))
  const says = [
    ...(done.length ? [`${done.join(', ')} has rejoined with its new tokens and stays as it is`] : []),
    ...(rest.length ? [`${rest.join(', ')} has not moved`] : []),
    ...(kept.length
      ? [
          `what ${[...new Set(kept)].join(', ')} held before stays on its card, moved aside; a later rebalance that comes to its end removes it`,
        ]
      : []),
  ]
  const base = { leave: true, aside: undefined, unplace: undefined, settle, says }
  const nothing = (what: string): Standing => ({ ...base, says: [what, ...says] })
  const wait = (what: string): Standing => ({ ...base, leave: false, settle: [], says: [what, ...says] })
  if (!step) return nothing('it is done')
  const { node } = step
  const out = (more: Partial<Standing>): Standing => ({
    ...base,
    settle: settle.filter(name => name !== node),
    ...more,
    says: [`${node} is out of the ring: all its data is with the others; \`provision ${node}\` lets it join again with its share`, ...says],
  })
  if (!own) return wait(`${node} cannot be asked, and so it is not known how it stands: bring it back first`)
  const { mode, service, remains } = own
  const begun = service === 'active' || service === 'activating'
  switch (step.state) {
    case 'promote':
      return nothing('nothing has moved yet at this step')
    case 'decommission':
    case 'confirm':
    case 'stop':
    case 'aside':
      if (mode === 'LEAVING')
        return wait(
          `${node} is leaving the ring right now, and that cannot be stopped: \`rebalance cassandra --resume\` waits for it and lets it rejoin`,
        )
      if (mode === 'NORMAL' || mode === 'DECOMMISSION_FAILED') return nothing(`${node} is still a node, with all its data and its tokens`)
      if (known.length > 0)
        return nothing(
          `${node} is still a node for the others, with all its data${begun ? '' : '; its server does not run: `provision` starts it'}`,
        )
      if (doubts.length > 0) return wait(`whether ${node} has left the ring is not proven: ${doubts[0]}`)
      return out({ aside: node })
    case 'place':
    case 'provision':
    case 'start':
    case 'join':
      if (mode === 'NORMAL') return nothing(`${node} has joined with its new tokens`)
      if (mode !== undefined || begun) return wait(`${node} is joining the ring: \`rebalance cassandra --resume\` waits for it`)
      if (!remains) return out({ unplace: node })
      // Its seeds stay: by those of the inventory it might be its own, and join without its data.
      return {
        ...nothing(
          `${node} has begun to join with its new tokens and its server is off: \`provision ${node}\` starts it again, and it takes its data`,
        ),
        settle: settle.filter(name => name !== node),
      }
    case 'settle':
      return nothing(`${node} has joined with its new tokens`)
    case 'cleanup': {
      const full = new Set(steps.slice(at).flatMap(each => (each.state === 'cleanup' ? [each.node] : [])))
      return nothing(`every node has its tokens; some data is there twice until \`nodetool cleanup\` ran on ${[...full].join(', ')}`)
    }
    case 'forget':
      return nothing('every node has its tokens and its data')
  }
}
