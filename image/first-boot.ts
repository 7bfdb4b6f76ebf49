/** All that a card is told, with its secrets read. What is made of it goes by these values alone: the same ones, the same card. */
export interface FirstBoot {
  readonly hostname: string
  readonly user: {
    readonly name: string
    /** Lines of an authorized_keys file. */
    readonly keys: readonly string[]
    /** crypt(3) hash of the password that sudo asks for; absent: sudo asks for none, and no password lets anybody in. */
    readonly passwordHash?: string
  }
  /** The key by which the Pi will be known: made here, so that the first connection needs no trust. */
  readonly hostKey: { readonly private: string; readonly public: string }
  readonly wifi?: {
    readonly ssid: string
    readonly country: string
    /** WPA2's key of 64 hexadecimal digits; absent: an open network. */
    readonly psk?: string
    readonly hidden: boolean
  }
  readonly network?: {
    readonly interface: 'eth0' | 'wlan0'
    /** With its prefix, such as `192.168.1.21/24`. */
    readonly address: string
    readonly gateway: string
    readonly dns: readonly string[]
  }
  readonly timezone?: string
  readonly locale?: string
  readonly keyboard?: string
}

/** A file of the boot partition. */
export interface BootFile {
  readonly name: string
  readonly text: string
}

/** Where sshd finds the key; not by a name that Raspberry Pi OS wipes at its first start (`ssh_host_*`). */
export const hostKeyFile = '/etc/ssh/fleet_host_ed25519_key'
/** Makes it the only key that sshd shows. */
export const hostKeyConfig = { file: '/etc/ssh/sshd_config.d/10-fleet-host-key.conf', text: `HostKey ${hostKeyFile}\n` }
/** Groups that the first user of Raspberry Pi OS is in. */
export const groups = [
  'adm',
  'dialout',
  'cdrom',
  'audio',
  'users',
  'sudo',
  'video',
  'games',
  'plugdev',
  'input',
  'gpio',
  'spi',
  'i2c',
  'netdev',
  'render',
]
