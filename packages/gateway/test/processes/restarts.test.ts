import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { expect, test } from 'vitest'
import { parsePrometheus } from '../metrics/prometheus.ts'
import { temporaryFolder } from '../support.ts'
import { type Started, startRun, TEST_MS, until } from './running.ts'

const HOST = `${await leaseNetwork()}.1`
const metrics = { public: true }

const events = ({ output }: Started, event: string) =>
  output()
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

/** The pids of processes that logged that they listen, in log order. */
const listeners = ({ output }: Started) =>
  output()
    .split('\n')
    .filter((line) => line.includes(`gateway-1 listens on http://${HOST}`))
    .map((line) => (JSON.parse(line) as { pid: number }).pid)

const get = (port: number, to: string) =>
  fetch(`http://${HOST}:${port}${to}`, { headers: { connection: 'close' } })

async function restartsOf(port: number): Promise<Record<string, number>> {
  const { samples } = parsePrometheus(await (await get(port, '/metrics')).text())
  const found = samples.filter(({ name }) => name === 'holdfast_process_restarts_total')
  expect(found.map(({ labels }) => labels['process'])).toEqual(['0', '0'])
  return Object.fromEntries(found.map(({ labels, value }) => [labels['why'] ?? '', value]))
}

async function end(running: Started): Promise<void> {
  running.process.kill('SIGTERM')
  expect(await running.ended()).toBe(0)
}

/** In a serving process SIGUSR2 begins a loop that never ends. */
const BUSY = `process.on('SIGUSR2', () => { for (;;); })\n`

/** Makes one of two processes hang, waits until it is replaced, and ends both. */
async function hang(signal: 'SIGSTOP' | 'SIGUSR2', port: number): Promise<void> {
  const busy = path.join(await temporaryFolder(), 'busy.mjs')
  await writeFile(busy, BUSY)
  const running = await startRun(
    { listen: { host: HOST, port }, processes: 2, metrics },
    { env: { NODE_OPTIONS: `--import=${busy}` } },
  )
  await until(() => listeners(running).length === 2)
  expect(await restartsOf(port)).toEqual({ died: 0, hung: 0 })
  const [victim = 0, other = 0] = listeners(running)
  process.kill(victim, signal)
  await until(() => listeners(running).length === 3)
  expect(events(running, 'process-hung')).toMatchObject([{ pid: victim, level: 'error' }])
  expect(events(running, 'process-died')).toMatchObject([{ pid: victim, code: 'SIGKILL' }])
  expect(() => process.kill(victim, 0)).toThrow('ESRCH')
  expect(process.kill(other, 0)).toBe(true)
  for (let round = 0; round < 10; round++) expect((await get(port, '/livez')).status).toBe(200)
  expect(await restartsOf(port)).toEqual({ died: 0, hung: 1 })
  await end(running)
}

test(
  'a hanging process, stopped or in an endless loop, is killed, replaced, logged and counted',
  async () => {
    // Both at once, because a process counts as hanging only after ten seconds.
    await Promise.all([hang('SIGSTOP', 21_130), hang('SIGUSR2', 21_131)])
  },
  TEST_MS,
)

test(
  'all serving processes are restarted when all die at once',
  async () => {
    const port = 21_132
    const running = await startRun({ listen: { host: HOST, port }, processes: 2, metrics })
    await until(() => listeners(running).length === 2)
    for (const pid of listeners(running)) process.kill(pid, 'SIGKILL')
    await until(() => listeners(running).length === 4 || running.process.exitCode !== null)
    expect(running.process.exitCode).toBeNull()
    expect((await get(port, '/livez')).status).toBe(200)
    expect(await restartsOf(port)).toEqual({ died: 2, hung: 0 })
    await end(running)
  },
  TEST_MS,
)

test(
  'a process that dies while the configuration file is broken is restarted when it is fixed, and the others keep serving',
  async () => {
    const port = 21_133
    const running = await startRun({ listen: { host: HOST, port }, processes: 2 })
    await until(() => listeners(running).length === 2)
    const file = path.join(running.folder, 'gateway.json')
    const whole = await readFile(file, 'utf8')
    await writeFile(file, '{')
    const [victim = 0] = listeners(running)
    process.kill(victim, 'SIGKILL')
    await until(() => events(running, 'process-died').length >= 2)
    expect(events(running, 'process-died')[1]).toMatchObject({
      failure: { code: 'CONFIG_INVALID', message: expect.stringContaining('is not valid JSON') },
    })
    expect((await get(port, '/livez')).status).toBe(200)
    await writeFile(file, whole)
    await until(() => listeners(running).length === 3)
    expect(running.process.exitCode).toBeNull()
    await end(running)
  },
  TEST_MS,
)

test(
  'SIGHUP does not end a process that was just restarted',
  async () => {
    const port = 21_134
    const running = await startRun({ listen: { host: HOST, port }, processes: 2 })
    await until(() => listeners(running).length === 2)
    const [victim = 0] = listeners(running)
    process.kill(victim, 'SIGKILL')
    const isBack = () => listeners(running).length === 3
    while (!isBack()) {
      running.process.kill('SIGHUP')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(events(running, 'process-died')).toHaveLength(1)
    await end(running)
  },
  TEST_MS,
)

test(
  'a process that cannot be restarted is retried until it starts',
  async () => {
    const port = 21_135
    const node = path.join(await temporaryFolder(), 'node')
    await copyFile(process.execPath, node)
    const running = await startRun({ listen: { host: HOST, port }, processes: 2 }, { node })
    await until(() => listeners(running).length === 2)
    await rename(node, `${node}.away`)
    const [victim = 0] = listeners(running)
    process.kill(victim, 'SIGKILL')
    await until(() => events(running, 'process-died').length >= 3)
    expect(events(running, 'process-died').at(-1)).toMatchObject({ number: expect.any(Number), code: null })
    expect((await get(port, '/livez')).status).toBe(200)
    await rename(`${node}.away`, node)
    await until(() => listeners(running).length === 3)
    await end(running)
  },
  TEST_MS,
)
