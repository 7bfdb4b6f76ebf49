import type { Fleet, Host, LabSettings } from '../../engine/inventory/types.ts'

/** A host of the fleet the lab's own tests boot. */
export function labHost(name: string, octet: number, extra: Partial<Omit<Host, 'lab'>> & { lab?: LabSettings } = {}): Host {
  return {
    name,
    address: `10.78.1.${octet}`,
    port: 22,
    user: 'pi',
    jump: [],
    groups: [],
    roles: [],
    vars: {},
    at: { file: 'labtest.yaml', line: 1, column: 1 },
    ...extra,
  }
}

/** A fleet for the lab's own tests, on a network of its own beside the demo's. */
export function labFleet(hosts: readonly Host[], name = 'labtest'): Fleet {
  return { name, file: `${name}.yaml`, ssh: { connectTimeout: 5, keepalive: 5 }, groups: [], hosts }
}

/** Another lab beside it, whose `up` is killed again and again. */
export const killFleet = labFleet(
  [
    labHost('one', 2, { address: '10.78.2.2', model: 'rpi3b+' }),
    labHost('two', 3, { address: '10.78.2.3', model: 'rpi4-1g', lab: { delay: 5 } }),
  ],
  'labkill',
)
