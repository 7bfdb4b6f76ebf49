import type { WriteStream } from 'node:tty'

/** Can lines be drawn anew there? A terminal of no size, or one that knows no cursor, gets them one after the other. */
export function canDraw(
  { isTTY, columns, rows }: Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  return isTTY === true && (columns ?? 0) > 0 && (rows ?? 0) > 0 && env['TERM'] !== 'dumb'
}
