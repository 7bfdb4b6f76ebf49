import type { OpenOptions } from '../engine/run/open.ts'
import { tell } from './output.ts'
import { ask } from './unseen.ts'

/** What opening a session may ask and tell a person, for all commands that open one. Where there is no terminal nobody is asked. */
export function asking(): Pick<OpenOptions, 'askPassword' | 'accepted'> {
  return {
    ...(process.stdin.isTTY && {
      askPassword: (host, like) => ask(`sudo password of ${host.user} on ${host.name}${like ? ` (empty: as on ${like.name})` : ''}: `),
    }),
    accepted: (host, key, remembered) =>
      tell(
        remembered === undefined
          ? `${host}: takes its host key ${key} for this run only: there is no file to remember it in`
          : `${host}: remembers its host key ${key}`,
      ),
  }
}
