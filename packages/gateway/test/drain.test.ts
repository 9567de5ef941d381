import http from 'node:http'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { leaseNetwork } from '@holdfast/testing/leases'
import { createMemoryStore } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { startRun, TEST_MS, until } from './processes/running.ts'
import { asBearer, KEYRING, PASSWORD } from './support.ts'

const HOST = `${await leaseNetwork()}.1`
const LOGINS = 20
const VERIFICATIONS = 180

const group = groupOfThisFile()

/** Well-formed tokens that no Redis knows: the gateway must ask a majority to find that out. */
async function unknownTokens(count: number): Promise<string[]> {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
  return Promise.all(Array.from({ length: count }, async () => (await store.issue({ subject: 'x' })).token))
}

/** The status of an answer. Rejects when the connection breaks before the answer. */
function ask(
  port: number,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string },
) {
  return new Promise<number | undefined>((resolve, reject) => {
    const request = http.request({ host: HOST, port, path, agent: false, ...init }, (answer) => {
      answer
        .resume()
        .once('end', () => resolve(answer.statusCode))
        .once('error', reject)
    })
    request.once('error', reject)
    request.end(init.body)
  })
}

test.each([1, 2])(
  'a gateway with %d processes drops none of 200 pending requests after SIGTERM',
  async (processes) => {
    const store = {
      ...group().access,
      keyring: KEYRING,
      verifyTimeoutMs: 10_000,
    }
    const port = 21_130 + processes
    const limits = { drainMs: 500, passwordChecks: 4 }
    const metrics = { public: true }
    // This test logs one user in twenty times at once.
    const loginLimits = { perAccountAndAddress: 1000, pauseAfter: 1000 }
    const listen = { host: HOST, port }
    const running = await startRun({ listen, store, limits, loginLimits, processes, metrics })
    const isReady = async () => (await ask(port, '/readyz', {}).catch(() => 0)) === 200
    await until(isReady)
    const tokens = await unknownTokens(VERIFICATIONS)

    // All requests are pending while Redis does not answer.
    const servers = [await group().primary(), ...(await group().replicas())]
    for (const server of servers) server.pause()
    const body = JSON.stringify({ username: 'ada', password: PASSWORD })
    const login = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    const answers = [
      ...tokens.map((token) => ask(port, '/verify', { headers: asBearer(token) })),
      ...Array.from({ length: LOGINS }, () => ask(port, '/login', login)),
    ]
    const settled = Promise.allSettled(answers)
    let done = 0
    for (const answer of answers)
      void answer.then(
        () => done++,
        () => done++,
      )
    const inFlight = async () => {
      const response = await fetch(`http://${HOST}:${port}/metrics`, { headers: { connection: 'close' } })
      const counts = [...(await response.text()).matchAll(/^holdfast_http_requests_in_progress\S* (\d+)$/gm)]
      return counts.reduce((sum, [, count]) => sum + Number(count), 0) > LOGINS + VERIFICATIONS
    }
    await until(inFlight)
    expect(done).toBe(0)
    running.process.kill('SIGTERM')
    await until(async () => (await ask(port, '/readyz', {}).catch(() => 0)) === 503)
    for (const server of servers) server.resume()

    const outcomes = (await settled).map((each) =>
      each.status === 'fulfilled' ? each.value : String(each.reason),
    )
    expect(outcomes.filter((outcome) => outcome === 401)).toHaveLength(VERIFICATIONS)
    expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(LOGINS)
    expect(await running.ended()).toBe(0)
  },
  TEST_MS,
)
