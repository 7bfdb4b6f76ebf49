import type { Admin } from 'kafkajs'
import { clientOf, ended, type Source } from './connection.ts'

/** Asks brokers about the topic and the group, by one connection for all who ask. */
export interface Asking {
  /** What `question` gives. It is asked once; the next one connects anew where it fails. */
  ask<Answer>(question: (admin: Admin) => Promise<Answer>): Promise<Answer>
  /** Ends the connection. Never throws. */
  close(): Promise<void>
}

/** Connects when somebody asks. */
export function asking(source: Source): Asking {
  let connection: Promise<Admin> | undefined

  async function connect(): Promise<Admin> {
    const admin = (await clientOf(source)).admin()
    try {
      await admin.connect()
    } catch (error) {
      await ended(admin)
      throw error
    }
    return admin
  }

  async function close(): Promise<void> {
    const open = connection
    connection = undefined
    await open?.then(ended, () => {})
  }

  return {
    async ask(question) {
      const mine = (connection ??= connect())
      try {
        return await question(await mine)
      } catch (error) {
        if (connection === mine) await close()
        throw error
      }
    },
    close,
  }
}
