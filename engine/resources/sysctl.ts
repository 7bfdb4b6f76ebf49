import { quote } from '../shell.ts'
import { fileKind } from './file.ts'
import { resource, type Kind, type Resource } from './kind.ts'
import { file } from './file.ts'

interface SysctlSpec {
  readonly name: string
  readonly values: Readonly<Record<string, string>>
  readonly path: string
  readonly content: string
}

interface SysctlSeen {
  readonly values: Readonly<Record<string, string>>
  readonly written: boolean
}

const procPath = (key: string) => `/proc/sys/${key.replaceAll('.', '/')}`
const fold = (value: string) => value.trim().replace(/\s+/g, ' ')

export const sysctlKind: Kind<SysctlSpec, SysctlSeen> = {
  name: 'sysctl',
  label: spec => spec.name,
  ask: specs =>
    specs
      .map((spec, index) =>
        [
          ...Object.keys(spec.values).map(
            key =>
              `v=; [ -r ${quote(procPath(key))} ] && read -r v <${quote(procPath(key))}; printf '%s %s=%s\\n' ${index} ${quote(key)} "$v"`,
          ),
          `v=; [ -r ${quote(spec.path)} ] && v=$(<${quote(spec.path)}); [ "$v" = ${quote(spec.content.trimEnd())} ] && printf '%s written\\n' ${index}`,
        ].join('\n'),
      )
      .join('\n'),
  read(output, specs) {
    const lines = output.split('\n')
    return specs.map((_spec, index) => {
      const own = lines.filter(line => line.startsWith(`${index} `)).map(line => line.slice(`${index} `.length))
      return {
        written: own.includes('written'),
        values: Object.fromEntries(
          own
            .filter(line => line.includes('='))
            .map(line => {
              const at = line.indexOf('=')
              return [line.slice(0, at), fold(line.slice(at + 1))]
            }),
        ),
      }
    })
  },
  compare(spec, observed) {
    const changes = Object.entries(spec.values)
      .filter(([key, value]) => observed.values[key] !== fold(value))
      .map(([key, value]) => ({ does: `${key} ${observed.values[key] || '(unset)'} → ${value}` }))
    return changes.length || observed.written ? changes : [{ does: `write ${spec.path}` }]
  },
  change(spec) {
    const write = fileKind.change(file(spec.path, spec.content).spec, undefined, [])
    return [...write, { run: `sysctl -q -p ${quote(spec.path)}` }]
  },
}

/** Kernel settings, now and at each boot (`/etc/sysctl.d/60-NAME.conf`). */
export function sysctl(name: string, values: Readonly<Record<string, string | number>>): Resource<SysctlSpec, SysctlSeen> {
  const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
  const content = Object.entries(texts)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
  return resource(sysctlKind, { name, values: texts, path: `/etc/sysctl.d/60-${name}.conf`, content })
}
