import { figuresFolder } from '../../figures-folder.ts'
import { fileURLToPath } from 'node:url'
import { pathGone, service, type AnyResource } from '../../../engine/resources/index.ts'

/** The program as source. */
export const figuresEntry = fileURLToPath(new URL('ring-figures.ts', import.meta.url))

export const programPath = '/usr/local/lib/cassandra/ring-figures.cjs'
export const loopPath = '/usr/local/lib/cassandra/ring-figures'
export const figuresUnit = 'cassandra-figures'
export const unitPath = `/etc/systemd/system/${figuresUnit}.service`
export const figuresFile = '/run/cassandra-figures/ring.prom'
export const link = `${figuresFolder}/cassandra-ring.prom`

/** Its state where there is no node. */
export function* noRingFigures(): Generator<AnyResource, void, AnyResource> {
  yield service(figuresUnit, { enabled: false, running: false })
}

/** What of it is taken away when asked for. */
export function* ringFiguresGone(): Generator<AnyResource, void, AnyResource> {
  for (const path of [programPath, loopPath, unitPath, link]) yield pathGone(path)
}
