import { read, readFileSync, watchFile, writeSync } from 'node:fs'
import { Wire, type WireSettings } from './wire.ts'

// A bad cable: two virtual network cards, every frame of one comes out of the other, both ways, as late and as seldom as a file says.
// Started with both cards already open (see tap.ts): line.ts SETTINGS FD FD. It reads the file again when that changed. Runs
// until it is killed; the cards vanish with it.

const largestFrame = 65_600
const [file = '', ...cards] = process.argv.slice(2)
const [one = 3, other = 4] = cards.map(Number)
const settings = (): WireSettings => JSON.parse(readFileSync(file, 'utf8')) as WireSettings
const wires = [new Wire(settings()), new Wire(settings())] as const

function carry(wire: Wire, from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(largestFrame)
  let timer: NodeJS.Timeout | undefined

  const send = (): void => {
    timer = undefined
    // Timers count whole milliseconds: one that is nearly due is sent now rather than a millisecond late.
    for (const frame of wire.due(performance.now() + 0.5)) {
      try {
        writeSync(to, frame)
      } catch {
        // The other card is not up (yet): a cable that is not plugged in loses frames too.
      }
    }
    arm()
  }
  const arm = (): void => {
    const wait = wire.wait(performance.now())
    if (wait !== undefined) timer ??= setTimeout(send, Math.max(1, Math.floor(wait)))
  }
  const next = (): void =>
    read(from, buffer, 0, largestFrame, null, (error, length) => {
      if (error) {
        setTimeout(next, 20)
        return
      }
      wire.push(Buffer.from(buffer.subarray(0, length)), performance.now())
      // Without a delay a frame is due now: no timer is as quick.
      if (timer === undefined && wire.wait(performance.now()) === 0) send()
      else arm()
      next()
    })
  next()
}

watchFile(file, { interval: 100 }, () => {
  for (const wire of wires) wire.settings = settings()
})
carry(wires[0], one, other)
carry(wires[1], other, one)
