import { RedisGroup } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { within } from '@holdfast/testing/within'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { Deadline } from '../../src/deadline.ts'
import { formatAddress } from '../../src/redis/address.ts'
import { type GroupOptions, ReplicaGroup } from '../../src/redis/group.ts'
import { APP, errorOf, makeStore, NOBODY, printed, timed } from '../support.ts'

const SECRET = 'a-password-that-nobody-may-see'
const servers = groupOfThisFile()

function openGroup(options: Partial<GroupOptions> = {}): ReplicaGroup {
  const group = new ReplicaGroup({
    sentinels: servers().sentinels.map(({ address }) => address),
    primaryName: 'mymaster',
    dataCentre: 'dc1',
    clientName: 'holdfast-test',
    onFailover: () => {},
    ...APP,
    ...options,
  })
  onTestFinished(() => group.close())
  return group
}

afterEach(() => servers().untilHealthy())

test('it finds the primary, all nodes and the mark', async () => {
  const group = openGroup()
  const primary = await group.waitForPrimary(new Deadline(5000))
  expect(primary.address).toBe(formatAddress((await servers().primary()).address))
  await expect.poll(() => group.nodes.filter(({ isUp }) => isUp).length).toBe(3)
  expect(group.nodes.map(({ address }) => address).sort()).toEqual(
    servers()
      .redis.map(({ address }) => formatAddress(address))
      .sort(),
  )
  expect(group.mark).toBe('mark-of-the-test-group')
  expect(group.problem()).toBeNull()
  expect(group.misconfiguration()).toBeNull()
  expect(group.sentinels.every(({ isUp }) => isUp)).toBe(true)
})

test('one Sentinel that can be asked is enough, whichever it is', async () => {
  for (const { address } of servers().sentinels) {
    const group = openGroup({ sentinels: [NOBODY, address] })
    await group.waitForPrimary(new Deadline(5000))
    await expect.poll(() => group.nodes.length).toBe(3)
    group.close()
  }
})

test('a primary that is found stays so while all Sentinels are away', async () => {
  const group = openGroup()
  const primary = await group.waitForPrimary(new Deadline(5000))
  const { term } = group
  await Promise.all(servers().sentinels.map((sentinel) => sentinel.kill()))
  try {
    await expect.poll(() => group.sentinels.some(({ isUp }) => isUp)).toBe(false)
    group.alert()
    await Promise.all(group.nodes.map((node) => node.probe()))
    expect(group.primary).toBe(primary)
    expect(group.term).toBe(term)
  } finally {
    await Promise.all(servers().sentinels.map((sentinel) => sentinel.start()))
  }
})

test('closing wakes who waits, and waiting after it is refused', async () => {
  const group = openGroup({ sentinels: [NOBODY] })
  const waiting = errorOf(group.waitForPrimary(new Deadline(30_000)))
  group.close()
  expect(await waiting).toMatchObject({ code: 'STORE_CLOSED' })
  expect(await errorOf(group.waitForChange(new Deadline(1000)))).toMatchObject({ code: 'STORE_CLOSED' })
})

// INV-TOKENS-37.
describe('what is wrong is told by ready() in one sentence that names it', () => {
  async function readyError(options: Parameters<typeof makeStore>[0], timeoutMs = 1000) {
    const store = makeStore({ sentinels: servers().sentinels.map(({ address }) => address), ...options })
    const { ms, value: error } = await timed(() => within(errorOf(store.ready({ timeoutMs }))))
    await store.close()
    expect(printed(error)).not.toContain(SECRET)
    expect(error.message).not.toMatch(/\n|undefined|\[object/)
    return { ms, error }
  }
  const sentinelPorts = () =>
    new RegExp(
      servers()
        .sentinels.map(({ port }) => port)
        .join('|'),
    )
  const redisPorts = () =>
    new RegExp(
      servers()
        .redis.map(({ port }) => port)
        .join('|'),
    )

  test('a wrong password to Redis', async () => {
    const { error } = await readyError({ password: SECRET }, 60_000)
    expect(error).toMatchObject({ code: 'AUTH_FAILED' })
    expect(error.message).toMatch(/refused the password of user "app"\. Check the user and its password\.$/)
    expect(error.message).toMatch(redisPorts())
  })

  test('a wrong password to the Sentinels', async () => {
    const { error } = await readyError({ sentinelPassword: SECRET }, 60_000)
    expect(error).toMatchObject({ code: 'AUTH_FAILED' })
    expect(error.message).toMatch(/refused the password of user "app"/)
    expect(error.message).toMatch(sentinelPorts())
  })

  test('a name that the Sentinels do not know', async () => {
    const { error } = await readyError({ primaryName: 'mymistake' }, 60_000)
    expect(error).toMatchObject({ code: 'INVALID_OPTION' })
    expect(error.message).toMatch(/watches no primary named "mymistake"\. Check `primaryName`\.$/)
    expect(error.message).toMatch(sentinelPorts())
  })

  test('Sentinels that cannot be reached', async () => {
    const { error, ms } = await readyError({ sentinels: [NOBODY, { ...NOBODY, port: 10 }] }, 500)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(error.message).toContain('No Sentinel of mymaster could be asked for the primary.')
    expect(error.message).toContain('Cannot connect to 127.0.40.99:9: ECONNREFUSED.')
    expect(error.message).toContain('Cannot connect to 127.0.40.99:10: ECONNREFUSED.')
    expect(ms).toBeGreaterThanOrEqual(490)
  })

  test('a Redis in place of a Sentinel', async () => {
    const sentinels = servers().redis.map(({ address }) => address)
    const { error } = await readyError({ sentinels }, 500)
    expect(error).toMatchObject({ code: 'UNSUPPORTED_SERVER', reason: 'mode' })
    expect(error.message).toMatch(redisPorts())
  })
})

test('it follows a failover, raises its term, and takes the old primary back as a replica', async () => {
  const own = await RedisGroup.start()
  onTestFinished(() => own.stop())
  const group = openGroup({ sentinels: own.sentinels.map(({ address }) => address) })
  const before = await group.waitForPrimary(new Deadline(5000))
  await expect.poll(() => group.nodes.length).toBe(3)
  const { term } = group
  const killed = await own.primary()
  await killed.kill()
  await expect.poll(() => group.primary).toBeNull()
  expect(group.problem()).toContain(before.address)
  await expect
    .poll(() => group.primary !== null && group.primary !== before, { timeout: 15_000, interval: 50 })
    .toBe(true)
  expect(group.term).toBeGreaterThan(term)
  const after = group.primary
  await killed.start()
  await own.untilHealthy()
  await expect.poll(() => before.view?.role, { timeout: 5000 }).toBe('replica')
  expect(group.primary).toBe(after)
})
