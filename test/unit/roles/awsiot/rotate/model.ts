import type { World } from '../../../../../roles/awsiot/rotate/drive.ts'
import type { Act, Slot, Standing } from '../../../../../roles/awsiot/rotate/next.ts'

/** The run was cut here. */
export class Cut extends Error {}

interface Certificate {
  active: boolean
  policy: boolean
  thing: boolean
}

/** AWS's rules, as its API refuses: an active certificate and one that anything is attached to cannot be deleted. */
class Aws {
  readonly certificates = new Map<string, Certificate>()

  create(id: string): void {
    this.certificates.set(id, { active: true, policy: false, thing: false })
  }
  delete(id: string): void {
    const { active, policy, thing } = this.of(id)
    if (active) throw new Error('CertificateStateException: an ACTIVE certificate is deleted')
    if (policy || thing) throw new Error('DeleteConflictException: something is attached')
    this.certificates.delete(id)
  }
  of(id: string): Certificate {
    const found = this.certificates.get(id)
    if (!found) throw new Error(`ResourceNotFoundException: ${id}`)
    return found
  }
  /** Lets it in, and lets it publish. */
  lets(id: string | undefined): boolean {
    const { active = false, policy = false, thing = false } = this.certificates.get(id ?? '') ?? {}
    return active && policy && thing
  }
}

export const host = 'producer1'
/** The certificate for a request. */
const signed = (request: string) => `certificate of ${request}`
const requestOf = (certificate: string | undefined) => certificate?.replace('certificate of ', '')

/** A Pi, its controller and AWS: every change is one step that a cut can come before. */
export class Model implements World {
  readonly aws = new Aws()
  current: Slot = { request: 'old', certificate: signed('old') }
  next: Slot | undefined
  former: Slot | undefined
  readonly kept: { -readonly [K in keyof Standing['kept']]: Standing['kept'][K] } = { current: 'old' }
  deployed: Standing['deployed'] = { active: ['old'], inactive: [] }
  proven: string | undefined = signed('old')
  /** The certificate the agent holds a session with. */
  #made = 0
  /** Changes until the run is cut. */
  left = Infinity
  /** AWS does not let the new ones in, for whatever reason. */
  refuses = false
  /** Ends a cut came to while nothing let the agent in with whole files. */
  readonly outages: string[] = []

  constructor() {
    this.aws.create('old')
    Object.assign(this.aws.of('old'), { policy: true, thing: true })
  }

  #change(change: () => void): void {
    if (this.left-- <= 0) throw new Cut()
    change()
    this.#agentConnects()
  }

  /** What the agent sees at any moment: files that belong together let it in, or its readings wait. */
  #agentConnects(): void {
    const { request, certificate } = this.current
    if (certificate === undefined) return
    if (this.aws.lets(request) && !(this.refuses && request !== 'old')) this.proven = certificate
    else if (!this.refuses) this.outages.push(`${request} is in use, and AWS does not let it in`)
  }

  async look(): Promise<Standing> {
    const { current, next, former, kept, deployed, proven } = this
    return {
      current,
      ...(next && { next }),
      ...(former && { former }),
      kept: { ...kept },
      deployed,
      ...(proven !== undefined && { proven }),
    }
  }

  /** Of whatever is kept, as the stack has it. */
  #wanted(): ReadonlyMap<string, boolean> {
    const { current, next, former, retired } = this.kept
    const wanted = new Map<string, boolean>()
    for (const each of [current, next, former]) if (each !== undefined) wanted.set(each, true)
    if (retired !== undefined && !wanted.has(retired)) wanted.set(retired, false)
    return wanted
  }

  /** What Terraform does, in its order; what it made is in its state, wherever it is cut. */
  deploy(): void {
    const wanted = this.#wanted()
    const { aws } = this
    for (const [id, active] of wanted) {
      if (!aws.certificates.has(id)) this.#change(() => aws.create(id))
      const has = aws.of(id)
      if (has.active !== active) this.#change(() => void (has.active = active))
      if (!has.policy) this.#change(() => void (has.policy = true))
      if (!has.thing) this.#change(() => void (has.thing = true))
    }
    for (const [id, has] of aws.certificates) {
      if (wanted.has(id)) continue
      if (has.policy) this.#change(() => void (has.policy = false))
      if (has.thing) this.#change(() => void (has.thing = false))
      if (has.active) this.#change(() => void (has.active = false))
      this.#change(() => aws.delete(id))
    }
    const of = (which: boolean) => [...wanted].flatMap(([id, active]) => (active === which ? [id] : []))
    this.#change(() => void (this.deployed = { active: of(true), inactive: of(false) }))
  }

  /** `provision` at any moment: what the Pi asks for is fetched, and it gets the certificate for its key, if there is one. */
  provision(): void {
    const { request } = this.current
    if (request === undefined) return
    this.#change(() => void (this.kept.current = request))
    if (this.deployed.active.includes(request)) this.#change(() => void (this.current = { request, certificate: signed(request) }))
  }

  #exchange(from: 'next' | 'former', save: 'next' | 'former'): void {
    const taken = this[from]
    if (!taken) return
    if (!this[save]) this.#change(() => void (this[save] = this.current))
    // The request first, then the key, then the certificate: what does not belong to the key counts as none.
    this.#change(() => void (this.current = {}))
    this.#change(() => void (this.current = taken.request === undefined ? {} : { request: taken.request }))
    this.#change(() => void (this.current = taken))
    this.#change(() => void (this[from] = undefined))
  }

  async does(act: Act, _host: string, from: string): Promise<void> {
    const { kept } = this
    const acts: Readonly<Record<Act, () => void>> = {
      make: () => {
        this.#change(() => void (this.next = {}))
        this.#change(() => void (this.next = { request: `new${++this.#made}` }))
      },
      keep: () => {
        this.#change(() => void (kept.former = from))
        this.#change(() => void (kept.next = this.next?.request ?? ''))
      },
      deploy: () => this.deploy(),
      place: () => {
        const request = this.next?.request ?? ''
        if (!this.deployed.active.includes(request)) throw new Error('nothing to place')
        this.#change(() => void (this.next = { request, certificate: signed(request) }))
      },
      switch: () => this.#exchange('next', 'former'),
      prove: () => {
        this.#agentConnects()
        if (this.proven === this.current.certificate) return
        this.#exchange('former', 'next')
        throw new Error('not acknowledged')
      },
      retire: () => {
        const { next, former } = kept
        if (next !== undefined) this.#change(() => void (kept.current = next))
        if (former !== undefined) this.#change(() => void (kept.retired = former))
        this.#change(() => void delete kept.former)
      },
      forget: () => {
        this.#change(() => void delete kept.retired)
        this.#change(() => void delete kept.next)
      },
      tidy: () => this.#change(() => void (this.former = undefined)),
      putBack: () => this.#exchange('former', 'next'),
      discard: () => this.#change(() => void (this.next = undefined)),
      unkeep: () => {
        if (kept.former === from) this.#change(() => void (kept.current = from))
        if (kept.next !== undefined) this.#change(() => void (kept.retired = kept.next ?? ''))
        this.#change(() => void delete kept.next)
        this.#change(() => void delete kept.former)
      },
    }
    acts[act]()
  }

  /** What is wrong where nothing is under way; nothing where all is well. */
  wrong(): readonly string[] {
    const wrong: string[] = []
    const { current, kept, aws } = this
    if (!aws.lets(current.request)) wrong.push('the certificate in use does not let the agent in')
    if (requestOf(current.certificate) !== current.request) wrong.push('certificate and key do not belong together')
    if (aws.certificates.size !== 1) wrong.push(`AWS has ${[...aws.certificates.keys()].join(', ')}`)
    if (this.next || this.former) wrong.push('a key lies beside the one in use')
    if (JSON.stringify(kept) !== JSON.stringify({ current: current.request })) wrong.push(`kept: ${JSON.stringify(kept)}`)
    return [...wrong, ...this.outages]
  }
}
