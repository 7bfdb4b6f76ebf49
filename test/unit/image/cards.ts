import type { FirstBoot } from '../../../image/first-boot.ts'

/** The least that a card is told. */
export const plain: FirstBoot = {
  hostname: 'producer1',
  user: { name: 'pi', keys: ['ssh-ed25519 AAAA me@laptop'] },
  hostKey: { private: '-----BEGIN KEY-----\nPRIVATE\n-----END KEY-----\n', public: 'ssh-ed25519 BBBB producer1' },
}

/** All that a card can be told. */
export const full: FirstBoot = {
  ...plain,
  user: { ...plain.user, name: 'warm', passwordHash: '$2b$10$saltsaltsaltsaltsaltsO' },
  wifi: { ssid: 'Haus "am" See', country: 'DE', psk: 'ab'.repeat(32), hidden: true },
  network: { interface: 'wlan0', address: '192.168.1.21/24', gateway: '192.168.1.1', dns: ['192.168.1.1', '9.9.9.9'] },
  timezone: 'Europe/Berlin',
  locale: 'de_DE.UTF-8',
  keyboard: 'de',
}
