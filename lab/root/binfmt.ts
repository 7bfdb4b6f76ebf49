/** Where the kernel keeps its rules for programs it cannot run itself. */
export const binfmtDir = '/proc/sys/fs/binfmt_misc'

/** Name of the lab's own rule for a processor, as qemu calls it. */
export function ruleName(qemu: string): string {
  return `temperature-fleet-${qemu}`
}

/**
 * The lab's rule from Debian's (`/usr/lib/binfmt.d/qemu-arm.conf`): the same under another name, with C, so that sudo and other
 * programs that change their user may do so. The kernel asks the rule that came last first.
 * @returns undefined when the text is not such a rule
 */
export function ownRule(debian: string, qemu: string): string | undefined {
  const found = /^:[^:]+(:M:.*):([A-Z]*)$/.exec(debian.trim())
  if (!found) return undefined
  const [, rest = '', flags = ''] = found
  return `:${ruleName(qemu)}${rest}:${[...new Set([...flags, 'C', 'O', 'F'])].join('')}`
}
