import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSums } from '../../../../engine/artifacts/sums.ts'
import { agentJar, leftOut, pom } from '../../../../roles/kafka/artifact.ts'

const file = pom.replace(/\.xml$/, '.sha512')
const jars = [...parseSums(readFileSync(file, 'utf8'), file).keys()]
const kept = jars.filter(jar => !leftOut.some(pattern => pattern.test(jar)))

describe('the jars of a Pi', () => {
  it('are those a server loads, of all that is pinned', () => {
    expect([jars.length, kept.length]).toEqual([93, 40])
    expect(kept).toContain(agentJar)
  })

  it('hold what a batch of any compression needs', () => {
    for (const name of [/^lz4-java/, /^snappy-java/, /^zstd-jni/]) expect(kept.filter(jar => name.test(jar))).toHaveLength(1)
  })
})
