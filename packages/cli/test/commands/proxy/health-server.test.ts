import { afterEach, beforeEach, expect, it } from 'vitest'
import { HealthServer } from '../../../src/commands/proxy/health-server.ts'

const STATUS = {
  isReady: true,
  clients: 3,
  logins: 1,
  pending: 0,
  waiting: 2,
  unconfirmed: 0,
  forgotten: 0,
  primary: '10.20.0.11:6379',
  failovers: 1,
  problem: null as string | null,
  sentAgain: 4,
  foundDone: 0,
  uncertain: 0,
  unavailable: 0,
  lostProofs: 0,
  notSentAgain: 0,
  lostRecords: 0,
}

let status: typeof STATUS
let health: HealthServer
let port: number

beforeEach(async () => {
  status = STATUS
  health = new HealthServer(() => status)
  port = await health.listen({ host: '127.0.0.1', port: 0 })
})
afterEach(() => health[Symbol.asyncDispose]())

async function ask(path: string, method = 'GET'): Promise<[status: number, text: string]> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  return [response.status, await response.text()]
}

it('/metrics has the counters and gauges of the proxy for Prometheus', async () => {
  const [code, text] = await ask('/metrics')
  expect(code).toBe(200)
  expect(text).toContain('# TYPE holdfast_proxy_clients gauge\nholdfast_proxy_clients 3\n')
  expect(text).toContain(
    '# TYPE holdfast_proxy_sent_again_total counter\nholdfast_proxy_sent_again_total 4\n',
  )
  expect(text).toContain('holdfast_proxy_ready 1\n')
})

it('/readyz names the primary while it answers', async () => {
  expect(await ask('/readyz')).toEqual([200, 'The primary 10.20.0.11:6379 answers.\n'])
})

it('/readyz answers 503 with the reason while no primary answers, and /healthz still 200', async () => {
  status = { ...STATUS, isReady: false, problem: 'Two Sentinels do not answer.' }
  expect(await ask('/readyz')).toEqual([503, 'Two Sentinels do not answer.\n'])
  expect((await ask('/healthz'))[0]).toBe(200)
  expect((await ask('/metrics'))[1]).toContain('holdfast_proxy_ready 0\n')
})

it('other paths and methods are refused', async () => {
  expect((await ask('/admin'))[0]).toBe(404)
  expect((await ask('/metrics', 'POST'))[0]).toBe(405)
})
