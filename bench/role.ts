import * as z from 'zod'
import { apt, command, directory, file, service, sysctl, user } from '../engine/resources/index.ts'
import { role } from '../engine/role.ts'
import { bigFile, commands, directories, files, packages, services, sysctls, units, users } from './state.ts'

/** 33 resources of all usual kinds; with `base` and `exporters` a host has 40. */
export default role('bench', {
  vars: z.strictObject({}),
  memory: () => ({}),
  *desired() {
    yield apt(...packages)
    for (const name of users) yield user(name)
    for (const path of directories) yield directory(path)
    for (const [path, content] of files) yield file(path, content)
    const big = process.env[bigFile]
    if (big !== undefined) yield file('/opt/bench-big', { source: big })
    yield sysctl('bench', sysctls)
    for (const { name, unless, run } of commands) yield command(name, { unless, run })
    for (const name of services) {
      const path = `/etc/systemd/system/${name}.service`
      const unit = yield file(path, units.get(path) ?? '')
      yield service(name, { restartOn: [unit] })
    }
  },
})
