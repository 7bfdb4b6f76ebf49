import { distrust, type Finding, type Survey } from '../../../engine/operation/index.ts'
import { outputsName, renewalNames } from '../names.ts'
import type { KeptRequests } from '../request.ts'
import { operation } from './operation.ts'
import type { Answer } from '../answer.ts'

export interface Found extends Pick<Survey<Answer>, 'answers' | 'silent' | 'doubtful'> {
  readonly names: readonly string[]
  /** A run was cut off: what it left is its own. */
  readonly unfinished: boolean
  requests(name: string): KeptRequests
  /** Hosts whose certificates a deploy would change now. */
  readonly undeployed: readonly string[]
}

/** What stands in the way of a renewal, or should be known before it. */
export function findingsOf({ answers, silent, doubtful, names, unfinished, requests, undeployed }: Found): Finding[] {
  const refuse = (what: string, remedy: string): Finding => ({ refuses: true, what, remedy })
  const found = distrust(doubtful, operation)
  for (const [host, why] of silent) found.push(refuse(`${host} does not answer: ${why}`, 'bring it back first'))
  if (unfinished) return found
  for (const name of names) {
    const answer = answers.get(name)
    if (!answer) continue
    const { current, next, former, retired } = requests(name)
    const left = Object.entries({ next, former, retired }).flatMap(([part, request]) =>
      request ? [renewalNames(name)[part as 'next' | 'former' | 'retired']] : [],
    )
    if (left.length > 0 || answer.former)
      found.push(
        refuse(
          `a renewal of ${name} was left half-way, and its journal is gone`,
          `see in /etc/awsiot there which key is in use; remove ${[...left, ...(answer.former ? ['/etc/awsiot/former on the Pi'] : [])].join(', ')}, then: provision ${name}, npm run stacks:deploy`,
        ),
      )
    else if (current === undefined || current.fingerprint !== answer.current.request)
      found.push(
        refuse(`the request of ${name} is not the one that is kept here`, `provision ${name}, npm run stacks:deploy, provision ${name}`),
      )
    else if (answer.current.certificate === undefined || !answer.endpoint)
      found.push(
        refuse(`${name} has no certificate for its key yet`, `npm run stacks:deploy, then provision ${name}: there is nothing to renew`),
      )
    else if (answer.proven !== answer.current.certificate)
      found.push({
        refuses: false,
        what: `${name} has not had a reading acknowledged with its certificate${answer.says === undefined ? '' : `: ${answer.says}`}`,
        remedy: 'where the cause is not the certificate, the new one will not be proven either, and the old one is put back',
      })
  }
  if (undeployed.length > 0)
    found.push(
      refuse(
        `a deploy would change more than this: ${undeployed.join(', ')} ${undeployed.length === 1 ? 'differs' : 'differ'} from ${outputsName}`,
        'npm run stacks:deploy first, so that you see what it does',
      ),
    )
  return found
}
