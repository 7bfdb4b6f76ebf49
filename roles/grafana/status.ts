import * as z from 'zod'
import type { RoleAnswer } from '../../engine/status.ts'
import { separator } from './asking.ts'

const health = z.object({ database: z.string(), version: z.string().optional() })
const source = z.object({ status: z.string().optional(), message: z.string().optional() })

/** Reads the answers: of Grafana itself, and of each data source that it looked at. */
export function readGrafana(output: string): RoleAnswer {
  const [first = '', ...others] = output.split(separator)
  const own = bodyOf(health, first)
  if (!own) return { wrong: ['it runs and does not answer'] }
  const asked = others.map(part => {
    const at = part.indexOf('\n')
    const uid = part.slice(0, at)
    const answer = part.slice(at + 1)
    const said = bodyOf(source, answer)
    const well = / 200 /.test(answer.split('\r\n')[0] ?? '') && said?.status === 'OK'
    return { uid, well, why: said?.message ?? 'no answer' }
  })
  return {
    wrong: [
      ...(own.database === 'ok' ? [] : [`its database is not well: ${own.database}`]),
      ...asked.flatMap(({ uid, well, why }) => (well ? [] : [`it cannot read ${uid}: ${why}`])),
    ],
    says: [
      ...(own.version === undefined ? [] : [`Grafana ${own.version}`]),
      `${asked.filter(({ well }) => well).length} of ${asked.length} data sources answer it`,
    ],
  }
}

function bodyOf<T>(schema: z.ZodType<T>, answer: string): T | undefined {
  const at = answer.indexOf('\r\n\r\n')
  try {
    return at < 0 ? undefined : schema.parse(JSON.parse(answer.slice(at + 4)))
  } catch {
    return undefined
  }
}
