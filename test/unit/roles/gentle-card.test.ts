import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import type { Facts } from '../../../engine/facts.ts'
import { offersOf } from '../../../engine/offer.ts'
import { collect } from '../../../engine/plan/desired.ts'
import { nameOf } from '../../../engine/resources/index.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import base from '../../../roles/base/index.ts'
import { gentleCard, usualCard } from '../../../roles/base/gentle-card.ts'
import { registry } from '../../../roles/index.ts'
import { fleetOf, hostsNamed } from '../engine/run/folder-session.ts'
import { nothingKept } from './kept.ts'

const roles = await registry.all()

const fleet = fleetOf(hostsNamed(['one'], ['base']))
const wanted = (sdCard: 'usual' | 'gentle', facts: Partial<Facts>) =>
  collect(
    base.desired({
      host: fleet.hosts[0]!,
      fleet,
      facts: { container: false, release: 'bookworm', ...facts } as Facts,
      vars: { hosts: {}, journal: 64, sdCard },
      prepared: undefined,
      secret: () => '',
      offered: offersOf(fleet, roles, varsOf),
      kept: nothingKept,
    }),
  )
const names = (...of: Parameters<typeof wanted>) => wanted(...of).map(nameOf)
const gentle = ['file /etc/systemd/system/gentle-card.service', 'service gentle-card']
const swap = ['file /etc/default/zramswap', 'apt zram-tools', 'service zramswap', 'service dphys-swapfile']

test('a card as usual is asked for one thing: that nothing of a gentle one is left', () => {
  expect(names('usual', {}).slice(-2)).toEqual(['service systemd-journald', 'command card as usual'])
})

test('a gentle card has its mount and its swap; later releases have such swap by themselves, a container has neither', () => {
  expect(names('gentle', {}).slice(-6)).toEqual([...gentle, ...swap])
  expect(names('gentle', { release: 'trixie' }).slice(-2)).toEqual(gentle)
  expect(names('gentle', { container: true }).at(-1)).toBe('command card as usual')
})

test('its journal is synced twice an hour, and bounded as before', () => {
  const journal = wanted('gentle', {}).find(resource => nameOf(resource).includes('journald.conf'))
  expect(journal?.spec).toMatchObject({ content: '[Journal]\nSystemMaxUse=64M\nRuntimeMaxUse=16M\nSyncIntervalSec=30min\n' })
})

test('the root is mounted anew where it is ext4, and as it was when the unit ends', () => {
  expect(gentleCard).toContain('ExecStart=/bin/sh -c \'[ "$$(findmnt -no FSTYPE /)" != ext4 ] || mount -o remount,noatime,commit=60 /\'\n')
  expect(gentleCard).toContain('mount -o remount,commit=5 /')
  for (const line of gentleCard.match(/(?<=sh -c ').*(?=')/g) ?? []) execFileSync('sh', ['-n', '-c', line.replaceAll('$$', '$')])
  for (const text of [usualCard.unless, usualCard.run]) execFileSync('bash', ['-n', '-c', text])
})
