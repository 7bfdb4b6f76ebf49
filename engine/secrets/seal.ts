import { createRequire } from 'node:module'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'

/** What the age library is asked to do. */
type Task =
  | { readonly do: 'generate' }
  | { readonly do: 'seal'; readonly text: string; readonly identity: string; readonly recipients: readonly string[] }
  | { readonly do: 'open'; readonly data: Uint8Array; readonly identities: readonly string[] }

// Runs in the worker, as CommonJS: the shape in which a worker can be given its text.
const program = `
const { workerData: { library, port, signal, task } } = require('node:worker_threads')
const work = async () => {
  const age = await import(library)
  if (task.do === 'generate') {
    const identity = await age.generateX25519Identity()
    return { identity, recipient: await age.identityToRecipient(identity) }
  }
  if (task.do === 'seal') {
    const encrypter = new age.Encrypter()
    const own = await age.identityToRecipient(task.identity)
    for (const recipient of new Set([own, ...task.recipients])) encrypter.addRecipient(recipient)
    return await encrypter.encrypt(task.text)
  }
  const decrypter = new age.Decrypter()
  for (const identity of task.identities) decrypter.addIdentity(identity)
  const armored = Buffer.from(task.data).toString('latin1').startsWith('-----BEGIN AGE')
  return await decrypter.decrypt(armored ? age.armor.decode(Buffer.from(task.data).toString('latin1')) : task.data, 'text')
}
work()
  .then((result) => port.postMessage({ result }), (error) => port.postMessage({ failure: String(error.message) }))
  .finally(() => { Atomics.store(signal, 0, 1); Atomics.notify(signal, 0) })
`

/** A new age X25519 identity, and the recipient (public key) that belongs to it. */
export function generateIdentity(): { readonly identity: string; readonly recipient: string } {
  return run({ do: 'generate' }) as { readonly identity: string; readonly recipient: string }
}

/** Encrypts a text for an identity and for further recipients (`age1…`). Throws when a recipient is none. */
export function seal(text: string, identity: string, recipients: readonly string[]): Uint8Array {
  return run({ do: 'seal', text, identity, recipients }) as Uint8Array
}

/** Decrypts with the library: any identity it knows, armored files too. Throws when none of them fits. */
export function openWithLibrary(data: Uint8Array, identities: readonly string[]): string {
  return run({ do: 'open', data, identities }) as string
}

/**
 * The library is asynchronous, but a role asks for a password in the middle of its generator, and the password must be
 * on the disk before anything can use it. So the library works in a thread while this one waits: about 0.1 s,
 * only ever when a secret is made or changed.
 */
function run(task: Task): unknown {
  const library = createRequire(import.meta.url).resolve('age-encryption')
  const { port1, port2 } = new MessageChannel()
  const signal = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(program, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: { library: new URL(`file://${library}`).href, port: port2, signal, task },
    transferList: [port2],
  })
  worker.unref()
  const outcome = Atomics.wait(signal, 0, 0, 30_000)
  const answer = receiveMessageOnPort(port1)?.message as { readonly result?: unknown; readonly failure?: string } | undefined
  port1.close()
  void worker.terminate()
  if (!answer) throw new Error(`the age library did not answer (${outcome})`)
  if (answer.failure !== undefined) throw new Error(answer.failure)
  return answer.result
}
