import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { findFreePorts } from '@holdfast/testing'
import {
  ALL_CLOCKS,
  buildClockShim,
  type ClockName,
  MONOTONIC_ONLY,
  ShiftableClock,
} from '@holdfast/testing/clock'
import { Connection } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder = ''
let shim = ''
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clock-test-'))
  shim = await buildClockShim(folder)
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

/** A Node process that prints its clocks for each line of input, and how often its 50 ms timer fired. */
const PROGRAM = `
const { machineNs } = await import(${JSON.stringify(fileURLToPath(import.meta.resolve('@holdfast/testing/clock')))})
const os = await import('node:os')
let ticks = 0
setInterval(() => ticks++, 50)
process.stdin.on('data', () => console.log(JSON.stringify({
  wall: Date.now(), monotonic: performance.now(), hrtime: Number(process.hrtime.bigint()) / 1e6,
  boot: os.uptime() * 1000, machine: Number(machineNs()) / 1e6, ticks,
})))
console.log('{}')
`
type Reading = Record<'wall' | 'monotonic' | 'hrtime' | 'boot' | 'machine' | 'ticks', number>

async function startNode() {
  const clock = await ShiftableClock.create(join(folder, `clock-${children.length}`), shim)
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...clock.env },
  })
  children.push(child)
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  await lines.next()
  const read = async () => {
    child.stdin.write('.\n')
    return JSON.parse((await lines.next()).value ?? '{}') as Reading
  }
  return { clock, read, pids: [child.pid ?? 0] }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const STOOD_MS = 1500
/** Tolerates a slow machine. A clock that did not stop would show the whole pause. */
const MOST_MS = 700

describe('a process with adjustable clocks', () => {
  it.each<[string, readonly ClockName[]]>([
    ['all clocks stand still', ALL_CLOCKS],
    ['only the monotonic clock stands still', MONOTONIC_ONLY],
    ['no clock stands still', []],
  ])('does not see a pause of 1.5 s on the stopped clocks %s, in Node', async (_, standing) => {
    const { clock, read, pids } = await startNode()
    const before = await read()
    await clock.stop(pids, standing)
    await pause(STOOD_MS)
    clock.resume()
    const after = await read()
    const passed = (name: keyof Reading) => after[name] - before[name]
    const stands = (name: ClockName) => standing.includes(name)
    const check = (name: keyof Reading, still: boolean) => {
      // os.uptime() counts hundredths of a second.
      expect(passed(name), name).toBeGreaterThanOrEqual(still ? -11 : STOOD_MS)
      if (still) expect(passed(name), name).toBeLessThan(MOST_MS)
    }
    check('wall', stands('real'))
    check('monotonic', stands('monotonic'))
    check('hrtime', stands('monotonic'))
    check('boot', stands('boot'))
    check('machine', false)
    // Timers follow the clock of the process, and continue after the pause.
    if (stands('monotonic')) expect(passed('ticks')).toBeLessThanOrEqual(MOST_MS / 50)
    await pause(300)
    expect((await read()).ticks).toBeGreaterThan(after.ticks)
  })

  it('reads a wall clock that jumps, drifts and is corrected, while its other clocks are unchanged', async () => {
    const { clock, read } = await startNode()
    const wallError = async () => {
      const { wall, machine, monotonic, boot } = await read()
      return { off: wall - machine, monotonic: monotonic - machine, boot: boot - machine }
    }
    const right = await wallError()
    await clock.shift(2_400_000)
    const ahead = await wallError()
    expect(Math.abs(ahead.off - right.off - 2_400_000)).toBeLessThan(MOST_MS)
    expect(Math.abs(ahead.monotonic - right.monotonic)).toBeLessThan(MOST_MS)
    expect(Math.abs(ahead.boot - right.boot)).toBeLessThan(MOST_MS)
    await clock.shift(0, 10_000)
    await pause(500)
    expect((await wallError()).off - right.off).toBeGreaterThan(4000)
    expect(clock.errorMs()).toBeGreaterThan(4000)
    await clock.shift(0)
    expect(Math.abs((await wallError()).off - right.off)).toBeLessThan(MOST_MS)
  })

  it('reads the correct wall clock after a pause once the clock is synchronized', async () => {
    const { clock, read, pids } = await startNode()
    const before = await read()
    await clock.stop(pids)
    await pause(STOOD_MS)
    clock.resume()
    clock.synchronize()
    const after = await read()
    expect(after.wall - before.wall).toBeGreaterThanOrEqual(STOOD_MS)
    expect(after.monotonic - before.monotonic).toBeLessThan(MOST_MS)
  })

  it('can be a Redis, whose TIME and key expiry stop while it is paused', async () => {
    const [port = 0] = await findFreePorts(1)
    const clock = await ShiftableClock.create(join(folder, 'clock-redis'), shim)
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
    const program = 'redis-server'
    const child = spawn(program, args, { env: { ...process.env, ...clock.env }, stdio: 'ignore' })
    children.push(child)
    const pids = [child.pid ?? 0]
    const connect = async (): Promise<Connection> => {
      const address = { host: '127.0.0.1', port }
      return Connection.open({ address }).catch(async () => {
        await pause(50)
        return connect()
      })
    }
    const redis = await connect()
    const ask = async (...words: string[]) => redis.send(words, 3000)
    const timeMs = async () => {
      const [seconds, micros] = (await ask('TIME')) as unknown as string[]
      return Number(seconds) * 1000 + Number(micros) / 1000
    }
    await ask('SET', 'key', 'value', 'PX', '1400')
    const before = await timeMs()
    const wallBefore = Date.now()
    await clock.stop(pids)
    await pause(STOOD_MS)
    clock.resume()
    expect((await timeMs()) - before).toBeLessThan(MOST_MS)
    expect(Date.now() - wallBefore).toBeGreaterThanOrEqual(STOOD_MS)
    expect(String(await ask('GET', 'key'))).toBe('value')
    await clock.shift(3_600_000)
    expect(await ask('GET', 'key')).toBeNull()
    redis.close()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
})
