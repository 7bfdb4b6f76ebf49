import { reachedAt, type Listen } from '../../engine/listen.ts'
import type { RoleAnswer } from '../../engine/status.ts'
import type { Shell } from '../../engine/resources/index.ts'
import { quote } from '../../engine/shell.ts'
import { brokerName, tlsFiles } from './names.ts'

/** The figures of the broker that are looked at. It retains them, so they come at once. */
export const figures = {
  version: '$SYS/broker/version',
  connected: '$SYS/broker/clients/connected',
  waiting: '$SYS/broker/store/messages/count',
  dropped: '$SYS/broker/publish/messages/dropped',
} as const

/**
 * Asks the broker for its figures as a client does, over TLS, with its own certificate: a line `topic value` each. Whoever cannot connect
 * says why. In ten seconds.
 */
export function askFigures(listen: Listen, port: number, host: string): Shell {
  const topics = Object.values(figures).map(topic => `-t ${quote(topic)}`)
  const shown = `--cafile ${tlsFiles.ca} --cert ${tlsFiles.own} --key ${tlsFiles.own}`
  return `a=${reachedAt(listen)} && timeout 15 mosquitto_sub -V mqttv5 -h "$a" -p ${port} ${shown} -i ${quote(brokerName(host))} \
-F '%t %p' -C ${topics.length} -W 12 ${topics.join(' ')} 2>&1`
}

/** Reads the figures. */
export function readFigures(output: string): RoleAnswer {
  const lines = output.trim().split('\n')
  const figure = (topic: string) => lines.find(line => line.startsWith(`${topic} `))?.slice(topic.length + 1)
  const [version, connected, waiting, dropped] = [figures.version, figures.connected, figures.waiting, figures.dropped].map(figure)
  if (version === undefined) {
    const said = lines.find(line => line && !line.startsWith('$SYS'))
    return { wrong: [`nobody can connect to it${said === undefined ? '' : `: ${said}`}`] }
  }
  return {
    says: [
      `${version}, ${connected ?? 'nobody knows how many'} clients, ` +
        `${waiting ?? 'nobody knows how many'} messages in it, its own figures among them`,
    ],
    warns:
      dropped === undefined || Number(dropped) === 0
        ? []
        : [
            `it threw away ${dropped} messages since it started, for which it had no place: a sink was away for longer than its queue is ` +
              '(`queue`), and the producers know nothing of it',
          ],
  }
}
