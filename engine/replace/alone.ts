import { Failed } from '../errors.ts'
import { breakLockFile, holderOf, isAlive, letGoLockFile, newOwner, takeLockFile } from '../lock-file.ts'

/**
 * Makes this process the only one of this machine that works with a journal beside an inventory; the result lets go again. One that died
 * holds nothing.
 * @throws Failed (`locked`) where another one lives
 */
export function alone(file: string): () => void {
  const owner = newOwner()
  for (let attempt = 0; attempt < 3; attempt++) {
    if (takeLockFile(file, owner)) return () => letGoLockFile(file, owner)
    const holder = holderOf(file)
    // Let go meanwhile.
    if (holder === undefined) continue
    if (isAlive(holder)) {
      const [pid = '', host = ''] = holder.trim().split(' ')
      throw new Failed({
        code: 'locked',
        message: `process ${pid} on ${host} is at work with this journal`,
        hint: `wait for it to end; if there is no such process, remove ${file}`,
      })
    }
    breakLockFile(file, holder)
  }
  throw new Failed({ code: 'locked', message: 'another run has just begun', hint: 'run it again once that one has ended' })
}
