import type { Deployment } from '../../engine/deployment.ts'
import { Failed } from '../../engine/errors.ts'
import { realClock } from '../../engine/operation/index.ts'
import { producers } from '../offers.ts'
import { answerOf, patience, proof } from './answer.ts'
import { asksAgent } from './asks-agent.ts'
import { folder } from './names.ts'

/** Things, certificates and policies; at work is what had a reading acknowledged with the certificate the Pi has now. */
export const deployment: Deployment = {
  program: agreed => ['npm', 'run', '--silent', 'stacks:deploy', ...(agreed ? ['--', '--auto-approve'] : [])],
  async seen({ name }, { fleet, offered, text, attempt, progress }) {
    const agent = offered(producers).find(({ host }) => host.name === name)
    if (!agent || agent.value.backends?.includes('awsiot') === false) return 'has its certificate; it sends nothing to AWS IoT'
    const page = (host: string) => asksAgent(fleet, offered, host)
    const { proven, says } = await proof(() => answerOf({ text, attempt, page, folder }, name), realClock, progress)
    if (proven) return 'a reading was acknowledged with its certificate'
    throw new Failed({
      message: `${name}: no reading was acknowledged with its certificate within ${patience} s`,
      ...(says !== undefined && { output: [`the agent says: ${says}`] }),
      hint: 'docs/aws-iot.md says what the agent’s words mean',
    })
  },
}
