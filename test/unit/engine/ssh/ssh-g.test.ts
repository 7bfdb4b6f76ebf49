import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { askSsh, parseSshG, sshGArguments } from '../../../../engine/ssh/ssh-g.ts'

test('ssh is asked with what is fixed already', () => {
  expect(sshGArguments('pi', {})).toEqual(['-G', '--', 'pi'])
  expect(sshGArguments('pi', { address: '10.0.0.1', user: 'me', port: 2222, way: true })).toEqual([
    '-G',
    '-o',
    'HostName=10.0.0.1',
    '-l',
    'me',
    '-p',
    '2222',
    '-o',
    'ProxyJump=none',
    '--',
    'pi',
  ])
})

test('its answer is read', () => {
  expect(
    parseSshG(
      [
        'host pi',
        'user me',
        'hostname 10.0.0.1',
        'port 2222',
        'identitiesonly yes',
        'proxyusefdpass no',
        'identityfile ~/.ssh/id pi',
        'identityfile /keys/%h',
        'identityagent $AGENT',
        'proxyjump a@[::1]:22,b',
        'hostkeyalias alias',
        'userknownhostsfile /home/my user/known /home/me/other',
        'globalknownhostsfile none',
        '',
      ].join('\n'),
    ),
  ).toEqual({
    hostname: '10.0.0.1',
    port: 2222,
    user: 'me',
    identitiesOnly: true,
    identityFiles: ['~/.ssh/id pi', '/keys/%h'],
    identityAgent: '$AGENT',
    proxyJump: ['a@[::1]:22', 'b'],
    hostKeyAlias: 'alias',
    userKnownHosts: ['/home/my user/known', '/home/me/other'],
    globalKnownHosts: [],
  })
})

test.skipIf(spawnSync('ssh', ['-V']).error !== undefined)('the ssh that is installed answers', async () => {
  expect(await askSsh('pi', { address: '10.0.0.1', user: 'me', port: 2222 })).toMatchObject({
    hostname: '10.0.0.1',
    user: 'me',
    port: 2222,
    proxyJump: [],
  })
})

test.skipIf(spawnSync('ssh', ['-V']).error !== undefined)('a link-local address keeps its zone on the way through ssh', async () => {
  expect(await askSsh('pi', { address: 'fe80::1%eth0' })).toMatchObject({ hostname: 'fe80::1%eth0' })
  expect(await askSsh('fe80::1%eth0', {})).toMatchObject({ hostname: 'fe80::1%eth0' })
})
