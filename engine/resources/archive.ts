import { quote } from '../shell.ts'
import { command } from './command.ts'
import { resource, type AnyResource, type Kind, type Resource, type Shell } from './kind.ts'

/** A packed file on the controller, named by its content. */
export interface Artifact {
  /** Path of a `.tar.gz` on the controller. */
  readonly path: string
  readonly sha256: string
}

interface ArchiveSpec {
  readonly artifact: Artifact
  /** Where its content appears: a link to a folder that is named by the content. */
  readonly to: string
}

const aside = (spec: ArchiveSpec) => `${spec.to}.aside`
const unpacked = (spec: ArchiveSpec) => `${spec.to}-${spec.artifact.sha256.slice(0, 16)}`

/** Where the link points; empty: something that is no link, of somebody else's; undefined: nothing. */
type Target = string | undefined

export const archiveKind: Kind<ArchiveSpec, Target> = {
  name: 'archive',
  label: spec => spec.to,
  ask: specs =>
    specs.map((spec, index) => `[ -e ${quote(spec.to)} ] && printf '%s %s\\n' ${index} "$(readlink ${quote(spec.to)})"`).join('\n'),
  read(output, specs) {
    const links = new Map(
      output
        .split('\n')
        .filter(Boolean)
        .map(line => [Number(line.split(' ')[0]), line.replace(/^\d+ ?/, '')]),
    )
    return specs.map((_spec, index) => links.get(index))
  },
  compare(spec, link) {
    if (link === unpacked(spec)) return []
    if (link === '')
      return [{ does: `move ${spec.to}, which is somebody else's, aside to ${aside(spec)}` }, { does: `unpack to ${unpacked(spec)}` }]
    return [{ does: link ? `replace ${link} by ${unpacked(spec)}` : `unpack to ${unpacked(spec)}` }]
  },
  disturbs: (_spec, link) => link !== undefined,
  change(spec) {
    const packed = `/var/tmp/provision-${spec.artifact.sha256}.tar.gz`
    const folder = unpacked(spec)
    const parent = spec.to.replace(/\/[^/]*$/, '') || '/'
    return [
      { run: `mkdir -p ${quote(parent)}` },
      { upload: spec.artifact.path, to: packed },
      {
        // Unpacked beside, then one rename makes it whole and one moves the link: a cut leaves the old version in place.
        run: [
          `echo ${spec.artifact.sha256}' ' ${packed} | sha256sum -c --quiet`,
          `rm -rf ${quote(`${folder}.new`)}`,
          `mkdir ${quote(`${folder}.new`)}`,
          `tar -xzf ${packed} --no-same-owner -C ${quote(`${folder}.new`)}`,
          `rm -rf ${quote(folder)}`,
          `mv -T ${quote(`${folder}.new`)} ${quote(folder)}`,
          `ln -sfn ${quote(folder)} ${quote(`${spec.to}.new`)}`,
          // A folder in its place is nobody's to delete; an earlier one that was moved there gets a number.
          `{ [ -L ${quote(spec.to)} ] || [ ! -e ${quote(spec.to)} ] || mv -T --backup=numbered ${quote(spec.to)} ${quote(aside(spec))}; }`,
          `mv -fT ${quote(`${spec.to}.new`)} ${quote(spec.to)}`,
          `rm -f ${packed}`,
          `${findsStates(spec.to)} ! -path ${quote(folder)} -exec rm -rf {} +`,
        ].join(' && '),
        timeout: 1800,
      },
    ]
  },
}

/** Finds the folders of all states of an archive, earlier ones too. */
const findsStates = (to: string): Shell => {
  const [parent, name] = [to.replace(/\/[^/]*$/, ''), to.replace(/.*\//, '')]
  return `find ${quote(parent)} -maxdepth 1 -name ${quote(`${name}-${'[0-9a-f]'.repeat(16)}`)}`
}

/** A packed artifact unpacked under `to`. Another content replaces it whole; older ones are removed. */
export function archive(to: string, artifact: Artifact): Resource<ArchiveSpec, Target> {
  return resource(archiveKind, { artifact, to })
}

/** An archive that is there no more, nor an earlier state of it. A folder of somebody else's in its place stays. */
export function archiveGone(to: string): AnyResource {
  const states = findsStates(to)
  return command(`no archive ${to}`, {
    unless: `[ ! -L ${quote(to)} ] && [ -z "$(${states})" ]`,
    run: `{ [ ! -L ${quote(to)} ] || rm ${quote(to)}; } && ${states} -exec rm -rf {} +`,
  })
}
