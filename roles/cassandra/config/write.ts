import type { Shell } from '../../../engine/resources/index.ts'
import { printsBytes, quote } from '../../../engine/shell.ts'

/** Writes a file on the Pi, whole or not at all. */
export function writes(path: string, content: string): Shell {
  const beside = quote(`${path}.new`)
  return `{ ${printsBytes(content).replace('\n', () => ` >${beside}\n`)}} && sync ${beside} && mv -fT ${beside} ${quote(path)}`
}
