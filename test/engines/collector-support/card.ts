import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const run = (program: string, ...words: string[]): void => void execFileSync(program, words, { stdio: 'pipe' })

/**
 * A real ext4 file system in a file, for what a card does that wears out: it turns read-only under its users, and is well again after a
 * repair.
 */
export class Card {
  readonly directory: string
  #image: string
  readonly #home = mkdtempSync(join(tmpdir(), 'card-'))
  #mounted = false

  constructor() {
    this.directory = join(this.#home, 'mount')
    this.#image = join(this.#home, 'image')
    mkdirSync(this.directory)
    writeFileSync(this.#image, '')
    truncateSync(this.#image, 16 * 1024 * 1024)
    run('mkfs.ext4', '-q', '-F', this.#image)
  }

  /** Whether this machine lets us: root, and loop devices. */
  static possible(): boolean {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
    const card = new Card()
    try {
      card.mount()
      return true
    } catch {
      return false
    } finally {
      card.destroy()
    }
  }

  mount(): void {
    run('mount', '-o', 'loop', this.#image, this.directory)
    this.#mounted = true
  }

  /** What the kernel does when the card fails: from now on every write is refused. */
  fail(): void {
    run('mount', '-o', 'remount,abort', this.directory)
  }

  remount(how: 'rw' | 'ro'): void {
    run('mount', '-o', `remount,${how}`, this.directory)
  }

  /**
   * Takes it out, checks it, and puts it in again; nobody may have a file of it open. It is a copy that is put in: a virtual Pi that was
   * started meanwhile has this machine's mounts of that moment, and the file system that failed would live on there.
   */
  repair(): void {
    this.unmount()
    const copy = `${this.#image}-repaired`
    copyFileSync(this.#image, copy)
    this.#image = copy
    // 1: it found errors and mended them.
    const { status } = spawnSync('e2fsck', ['-p', '-f', this.#image])
    if (status !== 0 && status !== 1) throw new Error(`e2fsck ended with ${status}`)
    this.mount()
  }

  unmount(): void {
    if (this.#mounted) run('umount', this.directory)
    this.#mounted = false
  }

  destroy(): void {
    try {
      this.unmount()
    } finally {
      rmSync(this.#home, { recursive: true, force: true })
    }
  }
}
