import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DoesNotFit } from '../../roles/flink/memory/arithmetic.ts'
import { jobManagerMemory } from '../../roles/flink/memory/jobmanager.ts'
import { jobManagerKeys, settings, taskManagerKeys } from '../../roles/flink/memory/keys.ts'
import { taskManagerMemory } from '../../roles/flink/memory/taskmanager.ts'
import { FlinkKit, possible } from './flink-support/flink-kit.ts'
import { anyJobManager, anyTaskManager, likelyTaskManager } from './flink-support/random-options.ts'

/** `npm run proof:flink-memory` takes 10,000 of another seed each time, and says it. */
const configurations = Number(process.env['FLINK_CONFIGURATIONS'] ?? 1000)
const seed = Number(process.env['FLINK_SEED'] ?? (configurations > 1000 ? Date.now() % 2 ** 31 : 13))

interface Case {
  readonly line: string
  derived(): Readonly<Record<string, bigint | number>>
}

/** What ours makes of it, in the words of the other side. */
function answer({ derived }: Case): string {
  try {
    return Object.entries(derived())
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(' ')
  } catch (error) {
    if (error instanceof DoesNotFit) return 'refused'
    throw error
  }
}

const line = (kind: string, options: Readonly<Record<string, string | number>>) =>
  [kind, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)].join(' ')

describe.skipIf(!possible)("the derivation of memory beside Flink's own code", () => {
  let kit: FlinkKit
  let classPath: string
  beforeAll(async () => {
    kit = await FlinkKit.make()
    classPath = kit.compiled('MemoryRules')
  })
  afterAll(() => kit.destroy())

  /** Asks Flink's classes. */
  const flink = (cases: readonly Case[]): readonly string[] =>
    execFileSync('java', ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'MemoryRules'], {
      encoding: 'utf8',
      input: cases.map(each => `${each.line}\n`).join(''),
      stdio: ['pipe', 'pipe', 'ignore'],
      maxBuffer: 2 ** 28,
    })
      .trimEnd()
      .split('\n')
      .map(text => (text.startsWith('refused') ? 'refused' : text.split(' ').sort().join(' ')))

  test(`accepts and refuses the same, with every part equal to the byte (${configurations} configurations, seed ${seed})`, () => {
    const taskManager = (options: Parameters<typeof taskManagerMemory>[0]): Case => ({
      line: line('taskmanager', settings(options, taskManagerKeys)),
      derived: () => ({ ...taskManagerMemory(options) }),
    })
    const cases = [
      ...fc.sample(anyTaskManager, { numRuns: Math.ceil(configurations * 0.4), seed }).map(taskManager),
      ...fc.sample(likelyTaskManager, { numRuns: Math.ceil(configurations * 0.3), seed }).map(taskManager),
      ...fc
        .sample(anyJobManager, { numRuns: Math.ceil(configurations * 0.3), seed })
        .map(options => ({
          line: line('jobmanager', settings(options, jobManagerKeys)),
          derived: () => ({ ...jobManagerMemory(options) }),
        })),
    ]
    const theirs = flink(cases)
    const ours = cases.map(answer)
    const other = cases.flatMap((each, index) =>
      ours[index] === theirs[index] ? [] : [`${each.line}\n  ours   ${ours[index]}\n  theirs ${theirs[index]}`],
    )
    expect(other.slice(0, 5)).toEqual([])
    expect(theirs.length).toBe(cases.length)
    // Where all were refused, nothing was compared.
    const refused = theirs.filter(text => text === 'refused').length
    console.log(`${cases.length} configurations, seed ${seed}: ${cases.length - refused} start, ${refused} are refused, on both sides`)
    expect(refused).toBeGreaterThan(cases.length * 0.2)
    expect(refused).toBeLessThan(cases.length * 0.8)
  })
})
