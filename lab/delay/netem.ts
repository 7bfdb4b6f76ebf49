import type { Command } from '../run.ts'

/** Packets netem may hold; its default of 1000 would drop at full bandwidth. */
const room = '100000'

/** Delays what leaves either end of a host's link: the kernel's own way, where it has netem. */
export function netemCommands(link: string, netns: string, milliseconds: number): Command[] {
  const netem = ['root', 'netem', 'delay', `${milliseconds}ms`, 'limit', room] as const
  return [
    ['tc', 'qdisc', 'replace', 'dev', link, ...netem],
    ['tc', '-n', netns, 'qdisc', 'replace', 'dev', 'eth0', ...netem],
  ]
}
