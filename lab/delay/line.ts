import { read, writeSync } from 'node:fs'
import { DelayQueue } from './queue.ts'

// A delay line: two virtual network cards, every frame of one comes out of the other a fixed time later, both ways.
// Started with both cards already open (see tap.ts): line.ts DELAY_MS FD FD. Runs until it is killed; the cards vanish with it.

const largestFrame = 65_600
const [delay = 0, one = 3, other = 4] = process.argv.slice(2).map(Number)

function carry(from: number, to: number): void {
  const queue = new DelayQueue(delay)
  const buffer = Buffer.allocUnsafe(largestFrame)
  let timer: NodeJS.Timeout | undefined

  const send = (): void => {
    timer = undefined
    // Timers count whole milliseconds: one that is nearly due is sent now rather than a millisecond late.
    for (const frame of queue.due(performance.now() + 0.5)) {
      try {
        writeSync(to, frame)
      } catch {
        // The other card is not up (yet): a cable that is not plugged in loses frames too.
      }
    }
    arm()
  }
  const arm = (): void => {
    const wait = queue.wait(performance.now())
    if (wait !== undefined) timer ??= setTimeout(send, Math.max(1, Math.floor(wait)))
  }
  const next = (): void =>
    read(from, buffer, 0, largestFrame, null, (error, length) => {
      if (error) {
        setTimeout(next, 20)
        return
      }
      queue.push(Buffer.from(buffer.subarray(0, length)), performance.now())
      arm()
      next()
    })
  next()
}

carry(one, other)
carry(other, one)
