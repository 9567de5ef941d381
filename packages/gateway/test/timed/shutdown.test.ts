import net from 'node:net'
import { leaseNetwork } from '@holdfast/testing/leases'
import { createRedisStore } from '@holdfast/tokens'
import { expect, onTestFinished, test } from 'vitest'
import { startRun, TEST_MS, until } from '../processes/running.ts'
import { HOST, KEYRING, NOBODY, PASSWORD, startGateway } from '../support.ts'

const UNUSED = `http://${await leaseNetwork()}.1:9`

test('a gateway ends within five seconds despite open connections, and answers a waiting login with 503', async () => {
  const store = createRedisStore({ dataCentre: 'dc1', keyring: KEYRING, sentinels: [NOBODY] })
  onTestFinished(() => store.close())
  const gateway = await startGateway({ store, config: { limits: { drainMs: 1000 } } })
  const idle = net.connect(gateway.port, HOST).on('error', () => {})
  const slow = net.connect(gateway.port, HOST).on('error', () => {})
  slow.write(
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  )
  const login = gateway.post('/login', { username: 'ada', password: PASSWORD })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const startMs = performance.now()
  await gateway.close()
  expect(performance.now() - startMs).toBeLessThan(5000)
  expect((await login).status).toBe(503)
  for (const socket of [idle, slow]) socket.destroy()
})

test.each<[string, NodeJS.ProcessEnv, number]>([
  ['SIGTERM ends a gateway within five seconds', {}, 5000],
  [
    'an unavailable collector of traces delays the end of a gateway by a second at most',
    { OTEL_EXPORTER_OTLP_ENDPOINT: UNUSED },
    6000,
  ],
])(
  '%s',
  async (_, env, limitMs) => {
    const running = await startRun({}, { env })
    await until(() => running.output().includes('listens on'))
    const [, url] = /listens on (http:[^"]+)/.exec(running.output()) ?? []
    await fetch(`${url}/verify`, { headers: { connection: 'close' } })
    const startMs = performance.now()
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
    expect(performance.now() - startMs).toBeLessThan(limitMs)
  },
  TEST_MS,
)
