import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { leaseNetwork } from '@holdfast/testing/leases'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createGateway, parseGatewayConfig } from '../../src/index.ts'
import { openTracing, tracingIsWanted } from '../../src/traces/tracing.ts'
import { startRun, TEST_MS, until } from '../processes/running.ts'
import { asCookie, rawConfig, startGateway } from '../support.ts'

const HOST = `${await leaseNetwork()}.1`
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'

interface Span {
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
}

/** A collector that receives spans over OTLP/HTTP as JSON and keeps them. */
async function startCollector() {
  const spans: Span[] = []
  const texts: string[] = []
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    texts.push(text)
    const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  onTestFinished(() => void server.close())
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    spans,
    text: () => texts.join('\n'),
  }
}

test(
  'requests are traced when the environment names a collector, in the trace of the client and with spans of the store',
  async () => {
    const collector = await startCollector()
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' }
    const running = await startRun({ listen: { host: HOST, port: 21_140 } }, { env })
    await until(() => running.output().includes('listens on'))
    const secret = 'hf_not-a-token-but-secret'
    const headers = {
      traceparent: `00-${TRACE}-${PARENT}-01`,
      authorization: `Bearer ${secret}`,
      connection: 'close',
    }
    await fetch(`http://${HOST}:21140/verify?secret=${secret}`, { headers })
    await until(() => collector.spans.length >= 2)
    const request = collector.spans.find(({ name }) => name === 'GET /verify')
    const call = collector.spans.find(({ name }) => name === 'store.verify')
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT })
    expect(call).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId })
    expect(collector.text()).not.toContain(secret)
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
  },
  TEST_MS,
)

test('a request of a cached session is traced like any other', async () => {
  const collector = await startCollector()
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url)
  onTestFinished(() => void vi.unstubAllEnvs())
  const tracing = await openTracing({ name: 'gateway-1', dataCentre: 'dc1' })
  const { usersFile, store } = await startGateway()
  const config = parseGatewayConfig(rawConfig({ usersFile }))
  const gateway = await createGateway(config, store, { logStream: { write() {} }, tracing })
  onTestFinished(() => gateway.close())
  const url = await gateway.listen()
  const { token } = await store.issue({ subject: 'ada' })
  for (let round = 0; round < 3; round++) {
    expect((await fetch(`${url}/verify`, { headers: asCookie(token) })).status).toBe(200)
  }
  await tracing?.close()
  expect(collector.spans.map(({ name }) => name)).toEqual(['GET /verify', 'GET /verify', 'GET /verify'])
})

test(
  'an unavailable collector does not keep a gateway from its end',
  async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${HOST}:9` }
    const running = await startRun({ listen: { host: HOST, port: 21_141 } }, { env })
    await until(() => running.output().includes('listens on'))
    await fetch(`http://${HOST}:21141/verify`, { headers: { connection: 'close' } })
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
  },
  TEST_MS,
)

test.each([
  [{}, false],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
  [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, false],
  [{ OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'otlp' }, false],
])('tracingIsWanted reads %o as %s', (environment, wanted) => {
  expect(tracingIsWanted(environment)).toBe(wanted)
})

/** Makes Node print the address of each module that it loads. NODE_DEBUG would also print their sources. */
const SHOW_LOADS = `--import=data:text/javascript,${encodeURIComponent(
  "import { registerHooks } from 'node:module'; registerHooks({ load: (url, context, next) => { process.stderr.write(url + '\\n'); return next(url, context) } })",
)}`

test(
  'no OpenTelemetry package is loaded without these variables',
  async () => {
    const running = await startRun(
      { listen: { host: HOST, port: 21_142 } },
      { env: { NODE_OPTIONS: SHOW_LOADS, OTEL_SDK_DISABLED: 'true' }, fromSources: true },
    )
    await until(() => running.output().includes('listens on'))
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
    expect(running.output()).toContain('traces/tracing.ts')
    expect(running.output()).not.toContain('node_modules/@opentelemetry')
  },
  TEST_MS,
)
