import { setTimeout as sleep } from 'node:timers/promises'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'

const NETWORK = await leaseNetwork()

const BALANCER = `http://${NETWORK}.1:8080`

let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: NETWORK })
  await dc.start()
})

afterAll(() => dc.remove())

/** A request, as the stand-in gateway reports it. */
interface ReceivedRequest {
  name: string
  method: string
  body: string
  headers: Record<string, string>
}

async function ask(path: string, init?: RequestInit): Promise<ReceivedRequest> {
  const response = await fetch(`${BALANCER}${path}`, { ...init, signal: AbortSignal.timeout(20_000) })
  expect(response.status).toBe(200)
  return (await response.json()) as ReceivedRequest
}

it('the balancer sends requests to the gateways in turn', async () => {
  const names: string[] = []
  for (let i = 0; i < 8; i += 1) names.push((await ask('/')).name)
  expect(names.slice(0, 4).sort()).toEqual(['gateway-1', 'gateway-2', 'gateway-3', 'gateway-4'])
  expect(names.slice(4)).toEqual(names.slice(0, 4).map((_, index) => names[index]))
})

it('the balancer forwards the real client address, whatever headers the client sends', async () => {
  const { headers } = await ask('/', {
    headers: { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' },
  })
  expect(headers['x-forwarded-for']).toMatch(/^127\./)
  expect(headers['x-forwarded-proto']).toBe('http')
})

it('the balancer refuses headers of 64 KiB and keeps serving', async () => {
  const response = await fetch(BALANCER, { headers: { 'x-large': 'x'.repeat(65_536) } })
  expect(response.status).toBe(400)
  await ask('/')
})

it('when a gateway is killed during requests, no client gets an error, neither for GET nor for POST', async () => {
  const requests = Array.from({ length: 24 }, (_, index) =>
    index % 2 === 0
      ? ask('/slow?delayMs=600')
      : ask('/slow?delayMs=600', { method: 'POST', body: `body ${index}` }),
  )
  await sleep(250)
  await dc.control.signal('gateway-1', 'SIGKILL')
  const seen = await Promise.all(requests)
  expect(seen.filter(({ method }) => method === 'POST').map(({ body }) => body)).toEqual(
    Array.from({ length: 12 }, (_, index) => `body ${2 * index + 1}`),
  )
  for (let i = 0; i < 20; i += 1) await ask('/')
})

it('the balancer answers 503 with Retry-After while no gateway is ready', async () => {
  const names = ['gateway-1', 'gateway-2', 'gateway-3', 'gateway-4']
  await Promise.all(names.map((name) => dc.control.signal(name, 'SIGSTOP')))
  await expect
    .poll(async () => (await fetch(BALANCER, { signal: AbortSignal.timeout(300) })).status, {
      timeout: 10_000,
    })
    .toBe(503)
  const response = await fetch(BALANCER)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(await response.json()).toMatchObject({ error: 'unavailable' })
  await Promise.all(names.map((name) => dc.control.signal(name, 'SIGCONT')))
})
