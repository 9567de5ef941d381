import net from 'node:net'
import { createStoreMetrics } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { mergeMetrics } from '../../src/metrics/merge.ts'
import { metricsText } from '../../src/metrics/text.ts'
import { degradations } from '../../src/routes/healthz.ts'
import { HOST, memoryStore, startGateway } from '../support.ts'
import { parsePrometheus } from './prometheus.ts'

const open = { config: { metrics: { public: true } } }

test('the metrics are valid for Prometheus and count by method, route and status', async () => {
  const gateway = await startGateway(open)
  const token = await gateway.logIn()
  await gateway.get('/verify', { cookie: `holdfast=${token}` })
  await gateway.get('/verify')
  const response = await gateway.get('/metrics')
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const { families, samples } = parsePrometheus(await response.text())
  expect(families.get('holdfast_http_request_duration_seconds')).toBe('histogram')
  const counted = (route: string, status: string) =>
    samples.find(
      ({ name, labels }) =>
        name === 'holdfast_http_request_duration_seconds_count' &&
        labels['route'] === route &&
        labels['status'] === status,
    )?.value
  expect([counted('/login', '200'), counted('/verify', '200'), counted('/verify', '401')]).toEqual([1, 1, 1])
  expect(samples).toContainEqual({
    name: 'holdfast_audit_entries_total',
    labels: { event: 'login' },
    value: 1,
  })
})

// INV-GATEWAY-25.
test('a client that probes addresses and methods creates no new series', async () => {
  const gateway = await startGateway(open)
  for (let number = 0; number < 50; number++) await gateway.get(`/no-such-${number}?x=${number}`)
  for (const method of ['PROPFIND', 'LOCK', 'PURGE']) await fetch(`${gateway.url}/a/${method}`, { method })
  const text = await (await gateway.get('/metrics')).text()
  expect(text).not.toContain('no-such')
  const series = parsePrometheus(text).samples.filter(
    ({ name }) => name === 'holdfast_http_request_duration_seconds_count',
  )
  expect(series.length).toBeLessThan(6)
})

test('the request of a client that disconnects is not in progress any more', async () => {
  const gateway = await startGateway(open)
  const socket = net.connect(gateway.port, HOST)
  socket.write(
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  )
  const inProgress = async () => {
    const { samples } = parsePrometheus(await (await gateway.get('/metrics')).text())
    return samples.find(({ name }) => name === 'holdfast_http_requests_in_progress')?.value
  }
  await expect.poll(inProgress).toBe(2)
  socket.destroy()
  await expect.poll(inProgress).toBe(1)
})

test('the public port serves no metrics by default', async () => {
  expect((await (await startGateway()).get('/metrics')).status).toBe(404)
})

test('merged metrics have one family per name and a label per process', async () => {
  const of = () => {
    const metrics = createStoreMetrics()
    metrics.observer.verified('active', 'cache', 1)
    return metrics.collect(memoryStore().status())
  }
  const text = metricsText(
    mergeMetrics([
      { number: 1, metrics: of() },
      { number: 2, metrics: of() },
    ]),
  )
  const { samples } = parsePrometheus(text)
  const verified = samples.filter(({ name }) => name === 'holdfast_verifications_total')
  expect(verified.map(({ labels }) => labels['process'])).toEqual(['1', '2'])
})

test('quotes, backslashes and line feeds in a label are escaped', () => {
  const label = 'a"b\\c\nd'
  const text = metricsText([
    { name: 'x', help: 'X.', type: 'gauge', samples: [{ labels: { label }, value: Number.NaN }] },
  ])
  expect(text).toBe('# HELP x X.\n# TYPE x gauge\nx{label="a\\"b\\\\c\\nd"} NaN\n')
  expect(parsePrometheus(text).samples).toHaveLength(1)
})

test('the health is ok or degraded', async () => {
  const gateway = await startGateway()
  expect(await (await gateway.get('/healthz')).json()).toEqual({
    status: 'ok',
    server: 'gateway-1',
    degraded: [],
  })
  const status = memoryStore().status()
  const well = { waiting: 0, lost: 0, troubled: false }
  const node = { address: '127.0.0.1:6379', role: 'replica' as const, up: false }
  expect(degradations({ ...status, nodes: [node] }, well)).toEqual(['redis-down'])
  expect(degradations({ ...status, writable: false }, { ...well, troubled: true })).toEqual([
    'writes-wait',
    'audit-not-written',
  ])
})
