import { expect, test } from 'vitest'
import { parseHostFlag } from '../../../../engine/inventory/host-flag.ts'

test.for([
  ['a=10.0.0.1', { name: 'a', address: '10.0.0.1' }],
  ['a=anna@a.local:2222', { name: 'a', address: 'a.local', user: 'anna', port: 2222 }],
  ['a=fe80::1', { name: 'a', address: 'fe80::1' }],
  ['a=pi@[fe80::1]:22', { name: 'a', address: 'fe80::1', user: 'pi', port: 22 }],
] as const)('%s', ([text, host]) => expect(parseHostFlag(text)).toEqual(host))

test.for([
  ['10.0.0.1', 'is not NAME=ADDRESS'],
  ['=10.0.0.1', '"" is no name for a Pi'],
  ['Kitchen=10.0.0.1', '"Kitchen" is no name for a Pi'],
  ['a=', 'neither an IP address nor a DNS name'],
  ['a=-oProxyCommand=x', 'neither an IP address nor a DNS name'],
  ['a=10.0.0', 'neither an IP address nor a DNS name'],
  ['a=10.0.0.1:99999', 'neither an IP address nor a DNS name'],
] as const)('%s is refused', ([text, message]) => expect(() => parseHostFlag(text)).toThrow(message))
