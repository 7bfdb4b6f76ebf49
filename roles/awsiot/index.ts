import { apt, command, directory, fetched, file, pathGone, user } from '../../engine/resources/index.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { readings } from '../offers.ts'
import { topicOf } from '../producer-policy.ts'
import { certificateText, filesIn, privateKey, request, roots } from './key.ts'
import { folder, outputsName, requestName } from './names.ts'
import { parseOutputs, type Outputs } from './outputs.ts'
import { readAwsiot } from './status.ts'
import { awsiotVars } from './vars.ts'

const files = filesIn(folder)
/** The agent's user. */
const owner = 'collector'

export default role('awsiot', {
  vars: awsiotVars,

  // Files; the agent that uses them is the collector's.
  memory: () => ({}),

  *offers({ host }) {
    yield offer(readings, {
      kind: 'awsiot',
      only: host.name,
      // Its certificate is no CA's of the fleet.
      tls: false,
      backend: ({ name }) => ({ type: 'awsiot', thing: name, folder, topic: topicOf('{thing}') }),
    })
  },

  *desired({ host, kept }) {
    yield apt('openssl', 'ca-certificates')
    yield user(owner)
    yield directory(folder)
    const key = yield command('key for AWS IoT', privateKey(files, owner))
    const asked = yield command('certificate request for AWS IoT', { ...request(files, owner, host.name), on: [key] })
    yield fetched(files.request, kept, requestName(host.name), { most: 16 * 1024, on: [asked] })
    yield command('root certificates of AWS IoT', roots(files, owner))

    // Nothing is taken away where nothing is said: another machine may have deployed.
    const content = kept(outputsName)
    const { endpoint, certificates } = content ? parseOutputs(content) : ({} as Partial<Outputs>)
    const certificate = certificates?.[host.name]
    if (endpoint === undefined || certificate === undefined) return
    yield file(files.endpoint, `${endpoint}\n`)
    yield file(files.certificate, certificate, { mode: '0600', owner })
  },

  *purged() {
    yield pathGone(folder)
  },

  status: ({ vars }) => ({ units: [], ask: certificateText(files), read: output => readAwsiot(output, vars.maxAge) }),
})
