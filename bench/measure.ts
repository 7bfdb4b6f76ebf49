import { execFile } from 'node:child_process'

/** What one run took, in seconds. */
export interface Took {
  readonly wall: number
  readonly cpu: number
}

/** Runs shell text under bash and says what it and all that it started took; bash's own start does not count. Throws when it fails. */
export async function timed(text: string): Promise<Took> {
  const { stderr } = await shell(`TIMEFORMAT=$'\\036%3R %3U %3S'; time {\n${text}\n}`)
  const [wall = NaN, user = NaN, system = NaN] = stderr
    .slice(stderr.lastIndexOf('\x1e') + 1)
    .trim()
    .split(' ')
    .map(Number)
  return { wall, cpu: user + system }
}

/** Runs shell text under bash. Throws with its last lines when it fails. */
export function shell(text: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile('bash', ['-s'], { maxBuffer: 1 << 26, env: { ...process.env, LC_ALL: 'C.UTF-8' } }, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, stderr })
      reject(new Error(`a measured run failed:\n${[stdout, stderr].join('').trim().split('\n').slice(-20).join('\n')}`))
    })
    child.stdin?.end(text)
  })
}

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Median, least and most of some numbers. */
export function summary(numbers: readonly number[]): Summary {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? NaN
  const half = (sorted.length - 1) / 2
  return { median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2, min: at(0), max: at(sorted.length - 1) }
}

/** `0.52 (0.49–0.60)`. */
export function shown({ median, min, max }: Summary, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
}

/** Runs two things in turn, `times` times each after one warm-up of both; which one begins changes each time. */
export async function alternate<A, B>(
  times: number,
  a: () => Promise<A>,
  b: () => Promise<B>,
  warmUp = true,
): Promise<{ readonly a: readonly A[]; readonly b: readonly B[] }> {
  if (warmUp) {
    await a()
    await b()
  }
  const all = { a: [] as A[], b: [] as B[] }
  for (let round = 0; round < times; round++) {
    if (round % 2 === 0) all.a.push(await a())
    all.b.push(await b())
    if (round % 2 === 1) all.a.push(await a())
  }
  return all
}

/** Shell text that runs commands side by side and fails when one of them does. */
export function allAtOnce(commands: readonly string[]): string {
  return `${commands.map(command => `${command} &\npids+=("$!")`).join('\n')}\nfor pid in "\${pids[@]}"; do wait "$pid" || exit 1; done`
}

/** Text as one word of a shell. */
export const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`
