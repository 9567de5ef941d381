import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { expect, test } from 'vitest'
import { createAdminToken } from '../../src/index.ts'
import { parsePrometheus } from '../metrics/prometheus.ts'
import { asBearer, temporaryFolder } from '../support.ts'
import { startRun, TEST_MS, until } from './running.ts'

const HOST = `${await leaseNetwork()}.1`
const reader = createAdminToken()

/** The pids of processes that logged that they listen, in log order. */
const listeners = (output: string) =>
  output
    .split('\n')
    .filter((line) => line.includes(`gateway-1 listens on http://${HOST}`))
    .map((line) => (JSON.parse(line) as { pid: number }).pid)

test(
  'several processes share one address and their metrics, a killed one is restarted, and SIGTERM ends all',
  async () => {
    const admin = {
      listen: { host: HOST, port: 21_107 },
      administrators: [{ name: 'prometheus', tokenSha256: reader.tokenSha256 }],
    }
    const listen = { host: HOST, port: 21_106 }
    const running = await startRun({ listen, admin, processes: 2 })
    const url = `http://${HOST}:${listen.port}`
    await until(() => listeners(running.output()).length === 2)
    const status = async () => (await fetch(`${url}/livez`, { headers: { connection: 'close' } })).status
    expect(await status()).toBe(200)

    const metrics = await fetch(`http://${HOST}:${admin.listen.port}/metrics`, {
      headers: asBearer(reader.token),
    })
    const { samples } = parsePrometheus(await metrics.text())
    const processes = samples.filter(({ name }) => name === 'process_start_time_seconds')
    expect(processes.map(({ labels }) => labels['process'])).toEqual(['1', '2'])

    const [victim = 0] = listeners(running.output())
    process.kill(victim, 'SIGKILL')
    await until(() => listeners(running.output()).length === 3)
    expect(running.output()).toContain('"event":"process-died"')
    for (let round = 0; round < 10; round++) expect(await status()).toBe(200)

    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
    for (const pid of listeners(running.output())) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  },
  TEST_MS,
)

test(
  'the serving processes end when their parent is killed',
  async () => {
    const running = await startRun({ listen: { host: HOST, port: 21_108 }, processes: 2 })
    await until(() => listeners(running.output()).length === 2)
    const pids = listeners(running.output())
    running.process.kill('SIGKILL')
    const isGone = (pid: number) => {
      try {
        process.kill(pid, 0)
        return false
      } catch {
        // ESRCH: the process does not exist any more.
        return true
      }
    }
    await until(() => pids.every(isGone))
  },
  TEST_MS,
)

test(
  'a failure that a restart cannot fix ends all processes with one clear sentence',
  async () => {
    const running = await startRun({
      listen: { host: HOST, port: 21_109 },
      processes: 2,
      audit: { file: '/nowhere/audit.jsonl' },
    })
    expect(await running.ended()).toBe(1)
    expect(running.output()).toContain('FILE_UNUSABLE The audit log /nowhere/audit-')
  },
  TEST_MS,
)

test(
  'each process has its own audit log',
  async () => {
    const folder = await temporaryFolder()
    const file = path.join(folder, 'audit.jsonl')
    const running = await startRun({ listen: { host: HOST, port: 21_110 }, processes: 2, audit: { file } })
    await until(() => listeners(running.output()).length === 2)
    // Each process applies a changed configuration and records it in its own log.
    const config = path.join(running.folder, 'gateway.json')
    const { limits, ...rest } = JSON.parse(await readFile(config, 'utf8'))
    await writeFile(config, JSON.stringify({ ...rest, limits: { ...limits, connections: 500 } }))
    const logs = () =>
      Promise.all([1, 2].map((number) => readFile(path.join(folder, `audit-${number}.jsonl`), 'utf8')))
    const isTold = (text: string) => text.includes('"event":"configuration-reload"')
    await until(async () => (await logs().catch(() => [''])).every(isTold))
    running.process.kill('SIGTERM')
    expect(await running.ended()).toBe(0)
    for (const text of await logs()) expect(text.match(/"event":"configuration-reload"/g)).toHaveLength(1)
  },
  TEST_MS,
)
