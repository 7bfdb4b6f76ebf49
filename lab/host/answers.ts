import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** True when an SSH server greets at that address within `timeout` milliseconds. */
export function greets(address: string, port: number, timeout: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host: address, port, timeout })
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', data => end(data.toString('latin1').startsWith('SSH-')))
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(false))
    // `timeout` counts from the last traffic; a slow greeting must not stretch it.
    setTimeout(() => end(false), timeout).unref()
  })
}

/** Waits until a host greets; false when it does not within `seconds`, or `alive` says it never will. */
export async function waitFor(address: string, port: number, seconds: number, alive: () => boolean): Promise<boolean> {
  const end = Date.now() + seconds * 1000
  while (Date.now() < end) {
    if (await greets(address, port, 2000)) return true
    if (!alive()) return false
    await sleep(100)
  }
  return false
}
