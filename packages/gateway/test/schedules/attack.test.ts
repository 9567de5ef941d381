import v8 from 'node:v8'
import vm from 'node:vm'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { expect, onTestFinished, test } from 'vitest'
import { addUser } from '../../src/index.ts'
import { hashesIn, tryPassword } from '../limits/clients.ts'
import { HOST, KEYRING, PASSWORD, type Running, startGateway } from '../support.ts'

/** `HOLDFAST_ATTEMPTS=10000` runs the full attack (about a minute); the default is a short one. */
const ATTEMPTS = Number(process.env['HOLDFAST_ATTEMPTS'] ?? 1500)
const ADDRESSES = 50
const ATTACKERS = 24
const PER_ACCOUNT = 20
const VICTIMS = ['ada', 'nobody', 'root']
/** Unrelated log lines and answers are a few hundred bytes each; growth per attempt would be more. */
const MOST_GROWTH_BYTES = 30_000_000

const group = groupOfThisFile()

async function openStore(): Promise<TokenStore> {
  const store = createRedisStore({
    dataCentre: 'dc1',
    keyring: KEYRING,
    ...group().access,
  })
  onTestFinished(() => store.close())
  await store.ready({ timeoutMs: 20_000 })
  return store
}

/** Four gateways, each with its own store over the same Redis, behind a load balancer that reports client addresses. */
async function startGateways(config: Record<string, unknown>): Promise<Running[]> {
  return Promise.all(
    Array.from({ length: 4 }, async () =>
      startGateway({
        store: await openStore(),
        config: { trustedProxies: [`${HOST}/8`], ...config },
      }),
    ),
  )
}

const collect = () => {
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc') as () => void
  gc()
  return process.memoryUsage().heapUsed
}

async function redisKeys(): Promise<number> {
  return Number(await group().run(await group().primary(), 'DBSIZE'))
}

test('few of thousands of wrong passwords are checked, and a correct one of another user is fast', async () => {
  const gateways = await startGateways({
    loginLimits: { perAccount: PER_ACCOUNT, windowMs: 600_000, pauseAfter: 1000 },
  })
  for (const { usersFile } of gateways) await addUser(usersFile, 'grace', PASSWORD)
  const urlOf = (number: number) => gateways[number % gateways.length]?.url ?? ''
  const statuses = new Map<number, number>()
  const graceMs: number[] = []
  const heap: number[] = []
  let next = 0
  let attacking = true

  const attacker = async () => {
    for (let number = next++; number < ATTEMPTS; number = next++) {
      const username = VICTIMS[number % VICTIMS.length]
      const headers = { 'x-forwarded-for': `203.0.113.${number % ADDRESSES}` }
      const { status } = await tryPassword(
        urlOf(number),
        { username, password: `guess-${number}` },
        { last: 9, headers },
      )
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (number === Math.floor(ATTEMPTS / 2)) heap.push(collect())
    }
  }
  const logGraceIn = async (number: number) => {
    const startMs = performance.now()
    const login = { username: 'grace', password: PASSWORD }
    const headers = { 'x-forwarded-for': '198.51.100.7' }
    expect((await tryPassword(urlOf(number), login, { last: 9, headers })).status).toBe(200)
    return performance.now() - startMs
  }
  const grace = async () => {
    for (let number = 0; attacking; number++) {
      graceMs.push(await logGraceIn(number))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const calmMs: number[] = []
  for (let number = 0; number < 8; number++) calmMs.push(await logGraceIn(number))
  const keysBefore = await redisKeys()
  heap.push(collect())
  const running = grace()
  await Promise.all(Array.from({ length: ATTACKERS }, attacker))
  attacking = false
  await running
  heap.push(collect())

  const hashes = gateways.reduce((sum, { log }) => sum + hashesIn(log()), 0)
  const keys = (await redisKeys()) - keysBefore
  const figures = {
    hashes,
    statuses: Object.fromEntries(statuses),
    keys,
    heap,
    slowestMs: Math.max(...graceMs),
    medianMs: graceMs.toSorted((a, b) => a - b)[graceMs.length >> 1],
    calmMs: Math.max(...calmMs),
    logins: graceMs.length,
  }
  console.log(JSON.stringify(figures))
  expect(hashes).toBe(PER_ACCOUNT * VICTIMS.length)
  expect(statuses.get(401)).toBe(hashes)
  expect((statuses.get(401) ?? 0) + (statuses.get(429) ?? 0)).toBe(ATTEMPTS)
  expect(graceMs.length).toBeGreaterThan(2)
  // Half of her logins. The slowest one is printed above (0.3 s on a quiet machine, 10,000 attempts).
  expect(figures.medianMs).toBeLessThan(1000)
  // At most one log per pair, address and account with an allowed attempt, and Grace's own sessions and logs.
  expect(keys).toBeLessThanOrEqual(hashes + ADDRESSES + VICTIMS.length + 2 * graceMs.length + 10)
  expect((heap[2] ?? 0) - (heap[1] ?? 0)).toBeLessThan(MOST_GROWTH_BYTES)
}, 180_000)

test('the login limits stay in force when the primary is killed', async () => {
  const gateways = await startGateways({
    loginLimits: { perAccount: PER_ACCOUNT, windowMs: 600_000, pauseAfter: 1000 },
  })
  const primary = await group().primary()
  const username = 'mallory-guesses-this-one'
  let next = 0
  let killed: Promise<void> | null = null
  const attacker = async () => {
    for (let number = next++; number < 400; number = next++) {
      const headers = { 'x-forwarded-for': `203.0.113.${number % ADDRESSES}` }
      const url = gateways[number % gateways.length]?.url ?? ''
      await tryPassword(url, { username, password: `guess-${number}` }, { last: 9, headers })
      if (number === 8) killed = primary.kill()
    }
  }
  await Promise.all([attacker(), attacker(), attacker(), attacker()])
  await killed
  expect(await group().primary()).not.toBe(primary)
  expect(gateways.reduce((sum, { log }) => sum + hashesIn(log()), 0)).toBe(PER_ACCOUNT)
  await primary.start()
  await group().untilHealthy()
}, 60_000)

test('racing logins on two gateways leave no more sessions than the limit, with both rules', async () => {
  for (const onLimit of ['evict-oldest', 'reject']) {
    const gateways = await startGateways({
      sessions: { maxPerUser: 3, onLimit },
      loginLimits: { pauseAfter: 1000 },
    })
    await Promise.all(gateways.map(({ usersFile }) => addUser(usersFile, onLimit, PASSWORD)))
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, number) => {
        const url = gateways[number % gateways.length]?.url ?? ''
        return tryPassword(url, { username: onLimit, password: PASSWORD }, { last: 20 + number })
      }),
    )
    const live = await gateways[0]?.store.list(onLimit)
    expect(live).toHaveLength(3)
    for (const { status } of answers) expect([200, 409]).toContain(status)
  }
}, 60_000)
