import { type RedisGroup, type ServerProcess, TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { recordIsLive, type TokenStore, tokenKey } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { Connection } from '../../src/redis/connection.ts'
import { openStore, pause } from '../support.ts'

const group = groupOfThisFile()

/** Users of two application servers: they log in, come back, and some log out, until told to stop. */
class Users {
  readonly loggedIn = new Set<string>()
  readonly loggedOut = new Set<string>()
  readonly wrong: string[] = []
  verifications = 0
  longestVerifyMs = 0
  longestIssueMs = 0
  #stopped = false
  readonly #running: Promise<void>[]

  constructor(stores: TokenStore[]) {
    this.#running = stores.flatMap((store, index) => {
      const other = stores[(index + 1) % stores.length] ?? store
      return [this.#logIn(store), this.#logIn(store), this.#comeBack(other), this.#comeBack(other)]
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }

  async #logIn(store: TokenStore): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      const startMs = performance.now()
      try {
        const { token } = await store.issue({ subject: `user-${round % 20}` })
        if (round % 4 === 3) {
          await store.revoke(token)
          this.loggedOut.add(token)
        } else this.loggedIn.add(token)
      } catch (error) {
        this.wrong.push(`a login or a log-out failed: ${String(error)}`)
      }
      this.longestIssueMs = Math.max(this.longestIssueMs, performance.now() - startMs)
      await pause(10)
    }
  }

  async #comeBack(store: TokenStore): Promise<void> {
    while (!this.#stopped) {
      const tokens = [...this.loggedIn]
      const token = tokens[Math.floor(Math.random() * tokens.length)]
      if (token !== undefined) {
        const startMs = performance.now()
        const { status } = await store.verify(token)
        if (status !== 'active') this.wrong.push(`a verification said ${status}`)
        this.longestVerifyMs = Math.max(this.longestVerifyMs, performance.now() - startMs)
        this.verifications += 1
      }
      await pause(3)
    }
  }
}

async function otherThan(primary: ServerProcess): Promise<void> {
  await expect
    .poll(async () => (await group().primary()) !== primary, { timeout: 20_000, interval: 50 })
    .toBe(true)
}

async function countLive(tokens: Set<string>, servers: RedisGroup): Promise<number> {
  const { address } = await servers.primary()
  const connection = await Connection.open({ address, ...TEST_USERS.admin })
  const keys = [...tokens].map((token) => tokenKey(token) ?? '')
  const records = await Promise.all(keys.map((key) => connection.send(['GET', key], 10_000)))
  connection.close()
  return records.filter((bytes) => Buffer.isBuffer(bytes) && recordIsLive(bytes, Date.now())).length
}

test.each<[string, (primary: ServerProcess) => Promise<void>]>([
  [
    'kill -9 of the primary',
    async (primary) => {
      await primary.kill()
      await otherThan(primary)
      await pause(1500)
      await primary.start()
    },
  ],
  [
    'a primary that hangs for 3 s',
    async (primary) => {
      primary.pause()
      await pause(3000)
      primary.resume()
      await otherThan(primary)
    },
  ],
])(
  '%s: nobody is logged out, no login fails, no log-out is undone',
  { timeout: 60_000 },
  async (_, fault) => {
    await group().waitUntilWhole()
    const users = new Users([await openStore(group()), await openStore(group())])
    await pause(700)
    await fault(await group().primary())
    await group().waitUntilWhole()
    await pause(300)
    await users.stop()
    expect(users.wrong).toEqual([])
    expect(users.verifications).toBeGreaterThan(200)
    expect(users.loggedIn.size).toBeGreaterThan(50)
    expect(users.loggedOut.size).toBeGreaterThan(10)
    expect(users.longestVerifyMs).toBeLessThan(1000)
    expect(await countLive(users.loggedIn, group())).toBe(users.loggedIn.size)
    expect(await countLive(users.loggedOut, group())).toBe(0)
    const [someone] = users.loggedOut
    const late = await openStore(group())
    expect(await late.verify(someone ?? '')).toMatchObject({ status: 'inactive', reason: 'revoked' })
  },
)
