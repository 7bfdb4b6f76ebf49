import { Document, YAMLMap } from 'yaml'
import type { Facts } from '../facts.ts'
import { mib } from '../memory.ts'
import { printable } from '../report/printable.ts'
import { modelOfBoard } from './models.ts'

/** A host as an inventory that is written for somebody has it. */
export interface WrittenHost {
  readonly name: string
  readonly address: string
  readonly user?: string
  readonly port?: number
  /** What the Pi said of itself; absent: it was not asked. */
  readonly facts?: Pick<Facts, 'model' | 'memory' | 'release' | 'architecture'>
}

/** What a written inventory says of the whole fleet. */
export interface WrittenFleet {
  readonly fleet: string
  readonly ssh: { readonly identity?: string; readonly knownHosts?: string }
  readonly hosts: readonly WrittenHost[]
  /** All roles there are, to choose from. */
  readonly roles: readonly string[]
}

/** The text of an inventory, with what to do next in its comments. Each host has the role `base`, no other. */
export function inventoryText({ fleet, ssh, hosts, roles }: WrittenFleet): string {
  return `# The fleet ${fleet}. It is yours to edit; every key is described in docs/inventory.md.
#   1. \`roles\` say what a Pi shall be. There are ${roles.join(', ')}.
#   2. \`groups\` give roles to several Pis at once.
# Then, to see what would change:  provision --check

fleet: ${fleet}

${
  Object.keys(ssh).length > 0
    ? `ssh: ${flowMap(ssh)}`
    : '# ssh:\n#   identity: ~/.ssh/id_ed25519   # private key to log in with; without it: your agent and the usual keys'
}

# groups:
#   producers: { roles: [base] }

hosts:
${hosts.map(hostText).join('\n')}`
}

function hostText({ name, facts, ...keys }: WrittenHost): string {
  const model = facts && modelOfBoard(facts.model, facts.memory)
  const about = facts
    ? aboutText(facts, model !== undefined)
    : 'nobody asked this one: with its `model`, memory can be planned before it is'
  return `  # ${about}\n  ${name}: ${flowMap({ ...keys, ...(model !== undefined && { model }), roles: ['base'] })}\n`
}

function aboutText({ model, memory, release, architecture }: NonNullable<WrittenHost['facts']>, known: boolean): string {
  const said = [
    model || 'no Raspberry Pi',
    `${mib(memory)} of memory`,
    `${release} ${architecture}`,
    ...(known ? [] : ['a model unknown here']),
  ]
  return oneLine(said.join(', '))
}

/** `{ key: value, … }` on one line, quoted where YAML would read something else. */
function flowMap(entries: Readonly<Record<string, unknown>>): string {
  const document = new Document(entries)
  if (document.contents instanceof YAMLMap) document.contents.flow = true
  return document.toString({ lineWidth: 0 }).trimEnd()
}

/** What a Pi says of itself ends neither the comment nor the line. */
function oneLine(text: string): string {
  return printable(text).replace(/[^\x20-\x7e]/g, '?')
}
