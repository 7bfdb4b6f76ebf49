import type { Act } from '../../engine/act.ts'
import type { Shell } from '../../engine/resources/index.ts'
import { Failed } from '../../engine/errors.ts'
import { whySilent } from './answer.ts'
import { tlsSteps, type TlsStep } from './config/tls.ts'
import { stepMark } from './config/yaml.ts'
import { nodesOf } from './nodes.ts'

const written = '/etc/cassandra/cassandra.yaml'
/** What a node that runs was started with; see its unit. */
const started = '/run/cassandra/cassandra.yaml'

/** Prints the step a node is at, `off` where its settings name none; nothing where no node is set up. */
export const stepQuestion: Shell = `f=${started}; [ -e $f ] || f=${written}
[ ! -e $f ] || { s=$(sed -n 's/^${stepMark}//p' $f | head -n 1); echo "\${s:-off}"; }`

/** Are these settings of that step? Of a new node that is to speak in clear nothing need be asked. */
export const stepIs = (step: TlsStep): Shell =>
  step === 'off' ? `! grep -qs '^${stepMark}' ${written}` : `grep -qsx '${stepMark}${step}' ${written}`

/** Reads the answer to `stepQuestion`. */
export function readStep(said: string): TlsStep | undefined {
  return tlsSteps.find(step => step === said.trim())
}

/** Would a node at one step and a node at another understand each other, in both directions? */
export function understand(one: TlsStep, other: TlsStep): boolean {
  return Math.abs(tlsSteps.indexOf(one) - tlsSteps.indexOf(other)) <= 1
}

/** The way from where the ring is to where it is to be, without the first: each is provisioned on all nodes before the next. */
export function wayTo(step: TlsStep, from: TlsStep): readonly TlsStep[] {
  const [begin, end] = [tlsSteps.indexOf(from), tlsSteps.indexOf(step)]
  return end > begin ? tlsSteps.slice(begin + 1, end + 1) : tlsSteps.slice(end, begin).reverse()
}

/** What a node said of its step; none where it is no node. */
interface Answer {
  readonly name: string
  readonly at: TlsStep | undefined
  /** Why it said nothing. */
  readonly silent?: string
}

/**
 * Looks whether every node of the ring would understand this one at its next step, before any of its settings change: a ring half of which
 * speaks a language the other half does not take is two rings. Who does not answer may be anything, unless another is at that step already.
 */
export function mayStep(step: TlsStep): Act {
  return async ({ host, fleet, on }) => {
    // How this one spoke before is nothing to the others: one that is alone goes where it is to be at once.
    const others = nodesOf(fleet).filter(other => other.name !== host.name)
    const asked = await Promise.all(
      others.map(async (other): Promise<Answer> => {
        const { name } = other
        try {
          const shell = await on(other)
          return { name, at: readStep((await shell`bash -c ${stepQuestion}`).stdout) }
        } catch (error) {
          return { name, at: undefined, silent: whySilent(error) }
        }
      }),
    )
    // Nodes of a ring are one step apart at most. So where one is at this very step, each that is silent is beside it.
    const silent = asked.some(({ at }) => at === step) ? undefined : asked.find(each => each.silent !== undefined)
    if (silent)
      throw new Failed({
        message: `${silent.name} does not say how it speaks: ${silent.silent}`,
        hint: `switch it on, or take it out of the ring (\`rebalance cassandra --remove\`) and of the inventory: a node that speaks in another way than the rest is cut off`,
      })
    const strange = asked.filter(({ at }) => at !== undefined && !understand(at, step))
    const [first] = strange
    if (!first) return
    throw new Failed({
      message: `the ring would be split: ${strange.map(({ name, at }) => `${name} is at tls: ${at}`).join(', ')}, and ${host.name} would be at ${step}`,
      hint: `go step by step, all nodes of the ring at each: ${wayTo(step, first.at ?? 'off')
        .map(each => `tls: ${each}`)
        .join(', then ')}. Or leave it as it is: tls: ${first.at}`,
    })
  }
}
