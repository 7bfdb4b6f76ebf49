import { producer1, producer2, synth, wanted } from './synthesised.ts'

// Prints what the bindings make of a fleet in which everything happens at once.
const things = [
  { ...producer1, certificates: [wanted('bbbb'), wanted('aaaa', false)] },
  producer2,
  { ...producer2, name: 'producer3', keyOfAws: 1 },
]
process.stdout.write(synth(things, { rule: { bucket: 'readings' }, ca: 'the fleet’s CA' }).text)
