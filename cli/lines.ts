/** Passes text on in whole lines; the last one when it ends. */
export function byLine(each: (line: string) => void): { take(text: string): void; end(): void } {
  let rest = ''
  return {
    take(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) each(line)
    },
    end() {
      if (rest !== '') each(rest)
    },
  }
}
