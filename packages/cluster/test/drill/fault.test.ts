import { describe, expect, it } from 'vitest'
import { type FaultControl, injectFault, isGone, needsNewPrimary, planFault } from '../../src/drill/fault.ts'
import type { DrillFault } from '../../src/drill/options.ts'
import type { ProcessStatus } from '../../src/supervise/managed-process.ts'

const process = (name: string, kind: ProcessStatus['kind'], host: string, pid: number): ProcessStatus => ({
  name,
  kind,
  host,
  port: kind === 'redis' ? 6379 : kind === 'sentinel' ? 26379 : 8080,
  pid,
  state: 'running',
  restarts: 0,
})

const processes = [
  process('redis-1', 'redis', '127.0.7.11', 1),
  process('redis-2', 'redis', '127.0.7.12', 2),
  process('sentinel-1', 'sentinel', '127.0.7.11', 3),
  process('gateway-1', 'gateway', '127.0.7.21', 4),
]
const primary = { host: '127.0.7.12', port: 6379 }

function plan(fault: DrillFault) {
  const planned = planFault(fault, processes, primary)
  if (typeof planned === 'string') throw new Error(planned)
  return planned
}

describe('the victim', () => {
  it.each([
    [{ action: 'kill', target: 'primary' }, 'redis-2', true],
    [{ action: 'lose-host', target: 'primary' }, 'redis-2', true],
    [{ action: 'switch-over', target: 'primary' }, 'redis-2', true],
    [{ action: 'pause', target: 'replica' }, 'redis-1', false],
    [{ action: 'kill', target: 'gateway' }, 'gateway-1', false],
    [{ action: 'kill', target: 'sentinel' }, 'sentinel-1', false],
  ] as const)('of %j is %s', (fault, name, hitsPrimary) => {
    expect(plan(fault)).toMatchObject({ victim: { name }, hitsPrimary })
  })

  it('must be running', () => {
    const held = processes.map((entry) => ({ ...entry, state: 'held' as const }))
    expect(planFault({ action: 'kill', target: 'gateway' }, held, primary)).toBe(
      'No running process of this data centre is a gateway.',
    )
  })

  it('is gone when its process is another one', () => {
    const killed = plan({ action: 'kill', target: 'primary' })
    expect(isGone(killed, processes)).toBe(false)
    expect(isGone(killed, [process('redis-2', 'redis', '127.0.7.12', 99)])).toBe(true)
  })
})

it('calls for a new primary unless a pause is too short for the Sentinels to notice', () => {
  const pause = plan({ action: 'pause', target: 'primary' })
  expect(needsNewPrimary(pause, 8000, 1500)).toBe(true)
  expect(needsNewPrimary(pause, 8000, 10_000)).toBe(false)
  expect(needsNewPrimary(plan({ action: 'kill', target: 'primary' }), 8000, 10_000)).toBe(true)
  expect(needsNewPrimary(plan({ action: 'lose-host', target: 'primary' }), 8000, 10_000)).toBe(true)
  expect(needsNewPrimary(plan({ action: 'pause', target: 'replica' }), 8000, 1500)).toBe(false)
})

it('is undone once, however often it is asked', async () => {
  const done: string[] = []
  const status = { name: 'dc1', timings: 'fast' as const, processes }
  const note = async (what: string) => {
    done.push(what)
    return status
  }
  const control: FaultControl = {
    status: async () => status,
    signal: (name, signal) => note(`${signal} ${name}`),
    loseHost: (host) => note(`lose ${host}`),
    restoreHost: (host) => note(`restore ${host}`),
    switchover: () => note('switch over'),
  }
  const lost = await injectFault(plan({ action: 'lose-host', target: 'primary' }), control)
  await Promise.all([lost.undo(), lost.undo()])
  const paused = await injectFault(plan({ action: 'pause', target: 'replica' }), control)
  await paused.undo()
  await paused.undo()
  expect(done).toEqual(['lose 127.0.7.12', 'restore 127.0.7.12', 'SIGSTOP redis-1', 'SIGCONT redis-1'])
})
