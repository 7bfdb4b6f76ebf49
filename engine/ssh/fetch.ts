import { Failed } from '../errors.ts'
import { sumOf } from '../kept.ts'
import { quote } from '../shell.ts'
import type { Shell } from '../resources/kind.ts'
import type { Session } from './session.ts'

/** Why a file of a Pi is not taken. */
export class NotFetched extends Failed {
  override readonly name = 'NotFetched'

  constructor(path: string, why: string) {
    super({ message: `${path} is not taken: ${why}` })
  }
}

/**
 * Prints `file BYTES SHA256` and the content in base64, or `no REASON`. It is opened once, and what was opened has to be the very path: whoever owns a
 * folder on the way may put a link there at any time, and root would read what it leads to.
 */
export function fetchText(path: string, most: number): Shell {
  return `f=${quote(path)}; no() { printf 'no %s\\n' "$1"; exit 0; }
[ ! -L "$f" ] || no 'it is a link'
[ -e "$f" ] || no 'there is none'
[ -f "$f" ] || no 'it is no regular file'
exec 3<"$f" || no 'it cannot be read'
at=$(readlink /proc/self/fd/3); [ "$at" = "$f" ] || no "a link on the way leads to $at"
size=$(stat -L -c %s /proc/self/fd/3); [ "$size" -le ${most} ] || no "it has $size bytes, and at most ${most} are taken"
read -r sum _ < <(sha256sum </proc/self/fd/3)
printf 'file %s %s\\n' "$size" "$sum"
head -c ${most} <&3 | base64`
}

/** Characters that such an answer may have: base64 with its line ends, and the line before it. */
const mostText = (most: number) => Math.ceil(most / 3) * 4 + Math.ceil(most / 57) + 4096

/** Reads the answer. Throws `NotFetched`; undefined where the content is not what was announced: it was changed meanwhile. */
export function readFetched(output: string, path: string, most: number): Buffer | undefined {
  const end = output.indexOf('\n')
  const line = output.slice(0, end)
  if (line.startsWith('no ')) throw new NotFetched(path, line.slice(3))
  const [, size, sum] = /^file (\d+) ([0-9a-f]{64})$/.exec(line) ?? []
  if (size === undefined || Number(size) > most) throw new NotFetched(path, 'the answer is none')
  const content = Buffer.from(output.slice(end), 'base64')
  return content.length === Number(size) && sumOf(content) === sum ? content : undefined
}

/** Brings a file of a Pi of at most so many bytes here. Throws `NotFetched` where it is none, changes all the time, or is more than it says. */
export async function fetchFile(session: Session, path: string, most: number): Promise<Buffer> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const { stdout } = await session.run(fetchText(path, most), { timeout: 600, most: mostText(most) })
    const content = readFetched(stdout, path, most)
    if (content) return content
  }
  throw new NotFetched(path, 'it is changed while it is read')
}
