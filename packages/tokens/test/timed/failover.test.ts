import { type RedisGroup, type ServerProcess, TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import { recordIsLive, tokenKey } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { Connection } from '../../src/redis/connection.ts'
import { openStore, pause } from '../support.ts'

const group = groupOfThisFile()

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
    await group().untilHealthy()
    const users = new SimulatedUsers([await openStore(group()), await openStore(group())], {
      logins: 2,
      loginPauseMs: 10,
      logoutEach: 4,
      verifiers: 2,
      verifyPauseMs: 3,
    })
    await pause(700)
    await fault(await group().primary())
    await group().untilHealthy()
    await pause(300)
    await users.untilDone({ verifications: 200, loggedIn: 50, loggedOut: 10 })
    await users.stop()
    expect(users.failures).toEqual([])
    expect(users.longestVerifyMs).toBeLessThan(1000)
    expect(await countLive(users.loggedIn, group())).toBe(users.loggedIn.size)
    expect(await countLive(users.loggedOut, group())).toBe(0)
    const [someone] = users.loggedOut
    const late = await openStore(group())
    expect(await late.verify(someone ?? '')).toMatchObject({ status: 'inactive', reason: 'revoked' })
  },
)
