import { speedText } from './speed-line.ts'

// Says twice a second how fast the processor it is kept on is: rounds of the same work in each second of processor time that they took.
// Other programs' time does not count, so it may wait as long as they like. It ends with whoever started it.

/** Steps of a round: about a third of a millisecond. */
const steps = 40_000
/** Milliseconds from one round to the next: it takes a twentieth of its processor, with what a timer costs. */
const every = 10

let state = 1
function round(): void {
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 48_271) + step) | 0
}

let rounds = 0
let microseconds = 0
let told = performance.now()
setInterval(() => {
  const before = process.cpuUsage()
  round()
  const { user, system } = process.cpuUsage(before)
  rounds++
  microseconds += user + system
  if (performance.now() < told + 500) return
  told = performance.now()
  if (microseconds > 0) process.stdout.write(speedText(rounds / (microseconds / 1e6)))
  rounds = 0
  microseconds = 0
}, every)
process.stdin.on('end', () => process.exit(0)).resume()
