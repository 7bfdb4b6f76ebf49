import type { Command } from '../run.ts'
import type { WireSettings } from './wire.ts'

/** Packets netem may hold; its default of 1000 would drop at full bandwidth. */
const room = '100000'

/** What netem is told. Its jitter is spread evenly to both sides of the delay, ours is what comes on top. */
export function netemArguments({ delay = 0, jitter = 0, loss = 0, bandwidth }: WireSettings): string[] {
  const late = delay + jitter / 2
  return [
    ...(late > 0 ? ['delay', `${late}ms`, ...(jitter > 0 ? [`${jitter / 2}ms`] : [])] : []),
    ...(loss > 0 ? ['loss', `${loss * 100}%`] : []),
    ...(bandwidth === undefined ? [] : ['rate', `${bandwidth}bit`]),
    'limit',
    room,
  ]
}

/** Makes what leaves either end of a host's link as bad as that: the kernel's own way, where it has netem. */
export function netemCommands(link: string, netns: string, settings: WireSettings): Command[] {
  const netem = ['root', 'netem', ...netemArguments(settings)] as const
  return [
    ['tc', 'qdisc', 'replace', 'dev', link, ...netem],
    ['tc', '-n', netns, 'qdisc', 'replace', 'dev', 'eth0', ...netem],
  ]
}

/** Ends netemCommands; fails where there is nothing to end. */
export function noNetemCommands(link: string, netns: string): Command[] {
  return [
    ['tc', 'qdisc', 'del', 'dev', link, 'root'],
    ['tc', '-n', netns, 'qdisc', 'del', 'dev', 'eth0', 'root'],
  ]
}
