import { apt, command, directory, fetched, file, pathGone, user } from '../../engine/resources/index.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { readings } from '../offers.ts'
import { topicOf } from '../producer-policy.ts'
import { certificate, certificateText, filesIn, keyOfAws, privateKey, request, roots, withoutCertificate } from './key.ts'
import { folder, outputsName, owner, requestName } from './names.ts'
import { parseOutputs } from './outputs.ts'
import { readAwsiot } from './status.ts'
import { awsiotVars } from './vars.ts'

const files = filesIn(folder)

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

  *desired({ host, vars, kept }) {
    yield apt('openssl', 'ca-certificates')
    yield user(owner)
    yield directory(folder)
    if (vars.keys === 'pi') {
      const key = yield command('key for AWS IoT', privateKey(files, owner))
      const asked = yield command('certificate request for AWS IoT', { ...request(files, owner, host.name), on: [key] })
      yield fetched(files.request, kept, requestName(host.name), { most: 16 * 1024, on: [asked] })
    }
    yield command('root certificates of AWS IoT', roots(files, owner))

    // Nothing is taken away where nothing is said: another machine may have deployed.
    const content = kept(outputsName)
    const outputs = content && parseOutputs(content)
    if (outputs === undefined) return
    if ('destroyed' in outputs) {
      yield command(`no certificate: all of AWS IoT was destroyed on ${outputs.destroyed.slice(0, 10)}`, withoutCertificate(files))
      return
    }
    if (vars.keys === 'aws') {
      const made = outputs.keys[host.name]
      // One with another number is of before, or of after: another machine may have deployed.
      if (made?.number !== vars.keyNumber) return
      yield file(files.endpoint, `${outputs.endpoint}\n`)
      yield command('key and certificate that AWS made', keyOfAws(files, owner, made))
      return
    }
    const own = Object.values(outputs.certificates[host.name] ?? {})
    if (own.length === 0) return
    yield file(files.endpoint, `${outputs.endpoint}\n`)
    yield command('certificate of AWS IoT', certificate(files, owner, own))
  },

  *purged() {
    yield pathGone(folder)
  },

  deployment: async () => (await import('./deployment.ts')).deployment,

  operations: { rotate: async () => (await import('./rotate/index.ts')).rotate },

  status: ({ vars }) => ({ units: [], ask: certificateText(files), read: output => readAwsiot(output, vars.maxAge) }),
})
