import { Failed } from '../engine/errors.ts'
import { bootFiles } from './boot-files.ts'
import type { Format } from './detect.ts'
import type { FirstBoot } from './first-boot.ts'
import { BootFolder } from './tools.ts'
import { bootOf, formatOf, layoutOf } from './write.ts'

/** What an image holds, and whether that is what the inventory says now. */
export interface Held {
  readonly format: Format
  /** Each file that makes it a card of the fleet. */
  readonly files: readonly { readonly name: string; readonly is: 'as wanted' | 'different' | 'missing' }[]
}

/**
 * Reads an image back.
 * @throws Failed where it is none, or its files cannot be read
 */
export async function held(image: string, card: FirstBoot, given?: Format): Promise<Held> {
  const layout = await layoutOf(image)
  const boot = new BootFolder(image, layout.boot)
  const format = given ?? (await formatOf(image, layout, boot))
  const wanted = bootFiles(format, card, await bootOf(boot, image, layout))
  const files = await Promise.all(
    wanted.map(async ({ name, text }) => {
      const there = await boot.read(name)
      return { name, is: there === undefined ? ('missing' as const) : there === text ? ('as wanted' as const) : ('different' as const) }
    }),
  )
  return { format, files }
}

/** @throws Failed naming each file that is not as the inventory wants it */
export function mustBeAsWanted({ files }: Held, image: string, host: string): void {
  const wrong = files.filter(({ is }) => is !== 'as wanted')
  if (wrong.length === 0) return
  throw new Failed({
    message: `${image} is not the card of ${host} as the inventory has it now: ${wrong.map(({ name, is }) => `${name} is ${is}`).join(', ')}`,
    hint: `write it again: image write ${host} --base BASE --out ${image} --force`,
  })
}
