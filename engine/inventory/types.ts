/** Where something stands in an inventory file; line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export const releases = ['bookworm', 'trixie'] as const
/** Debian / Raspberry Pi OS releases a host may run. */
export type Release = (typeof releases)[number]

export const architectures = ['amd64', 'arm64', 'armhf'] as const
/** Debian architecture names. */
export type Architecture = (typeof architectures)[number]

/** What only a virtual Pi needs to know; a real Pi ignores it. */
export interface LabSettings {
  /** Share of one core of this machine, e.g. 0.5. Default: from the model. */
  readonly cpu?: number
  /** Memory limit in bytes. Default: the model's RAM. */
  readonly memory?: number
  /** One-way network delay in milliseconds. */
  readonly delay?: number
  /** Password sudo asks for; absent: sudo asks for none. */
  readonly sudoPassword?: string
}

/** Where a value that must not be in the file comes from. */
export type ValueSource = { readonly env: string } | { readonly command: string } | { readonly secret: string }

/**
 * Variables by role name, merged fleet < group < host. A host holds those of its own roles, as their schemas give them back:
 * checked, and with the defaults filled in.
 */
export type RoleVars = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What a new card is told for its first start. */
export interface FirstBootSettings {
  readonly wifi?: { readonly ssid: string; readonly country: string; readonly password?: ValueSource; readonly hidden: boolean }
  /** A fixed address: the host's own. */
  readonly network?: {
    readonly prefix: number
    readonly gateway: string
    readonly dns?: readonly string[]
    readonly interface?: 'eth0' | 'wlan0'
  }
  readonly timezone?: string
  readonly locale?: string
  readonly keyboard?: string
}

/** One Pi of the fleet, with everything its groups and the fleet say merged in. */
export interface Host {
  readonly name: string
  /** IP address or DNS name. */
  readonly address: string
  readonly port: number
  readonly user: string
  /** Hosts to hop through, outermost first: names of inventory hosts or `[user@]host[:port]`. */
  readonly jump: readonly string[]
  /** Raspberry Pi model; facts from the Pi win over what it implies. */
  readonly model?: string
  readonly os?: Release
  readonly arch?: Architecture
  readonly groups: readonly string[]
  /** Role names in the order they are applied. */
  readonly roles: readonly string[]
  readonly vars: RoleVars
  /** Where the sudo password comes from; absent: asked for when the Pi wants one. */
  readonly sudoPassword?: ValueSource
  readonly lab?: LabSettings
  readonly firstBoot?: FirstBootSettings
  /**
   * Which of these the inventory says itself, for the host or one of its groups. The others hold their defaults, which the
   * user's own ssh_config may replace. Absent: all of them.
   */
  readonly stated?: readonly ('user' | 'port' | 'jump')[]
  readonly at: Position
}

/** How to reach every host of the fleet. Times in seconds. */
export interface SshSettings {
  /** Private key file; absent: the agent, then the usual ~/.ssh keys. */
  readonly identity?: string
  /** known_hosts file; absent: the user's own. */
  readonly knownHosts?: string
  readonly connectTimeout: number
  readonly keepalive: number
}

/** A whole inventory file, checked. */
export interface Fleet {
  readonly name: string
  readonly file: string
  readonly ssh: SshSettings
  readonly groups: readonly string[]
  readonly hosts: readonly Host[]
}
