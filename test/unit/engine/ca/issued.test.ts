import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { issuedFile, issuedOf, revokedOf, revokeIssued } from '../../../../engine/ca/issued.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'issued-'))
afterAll(() => rmSync(folder, { recursive: true }))
const inventory = path.join(folder, 'home.yaml')

test('what was issued for a host before its card died is taken back, once; the new card’s and those of others are not', () => {
  expect(revokeIssued(inventory, { name: 'pi1', address: '10.0.0.1' }, new Date())).toBe(0)
  mkdirSync(path.dirname(issuedFile(inventory)), { recursive: true })
  const line = (at: string, subject: string, names: readonly string[], serial: string) =>
    appendFileSync(issuedFile(inventory), `${JSON.stringify({ at, subject, names, serial })}\n`)
  line('2026-01-01T00:00:00Z', 'pi1', ['10.0.0.1', 'pi1'], '0A')
  line('2026-01-01T00:00:00Z', 'broker:pi1', ['10.0.0.1', 'pi1'], '0B')
  line('2026-01-01T00:00:00Z', 'pi11', ['10.0.0.11', 'pi11'], '0C')
  line('2026-03-01T00:00:00Z', 'pi1', ['10.0.0.1', 'pi1'], '0D')
  appendFileSync(issuedFile(inventory), '{"at":"2026-0')
  expect(issuedOf(inventory)).toHaveLength(4)
  const before = new Date('2026-02-01')
  expect(revokeIssued(inventory, { name: 'pi1', address: '10.0.0.1' }, before)).toBe(2)
  expect(revokedOf(inventory)).toEqual(['0A', '0B'])
  expect(revokeIssued(inventory, { name: 'pi1', address: '10.0.0.1' }, before)).toBe(0)
  expect(revokedOf(inventory)).toEqual(['0A', '0B'])
})
