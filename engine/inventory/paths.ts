import path from 'node:path'

/** An absolute path from one written in a file: `~` is the home folder, anything relative is taken from `folder`. */
export function expandPath(written: string, folder: string, home: string): string {
  if (written === '~') return home
  if (written.startsWith('~/')) return path.join(home, written.slice(2))
  return path.resolve(folder, written)
}

/** A file as messages name it: relative to `cwd` when it is inside it, else as it is. */
export function displayPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file)
  const inside = relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)
  return inside ? relative : file
}
