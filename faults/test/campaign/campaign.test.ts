import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { EXIT } from '../../src/exit-codes.ts'
import { missingRequirement } from '../../src/hosts/requirements.ts'
import { remaining, sharedState, type Traces, tracesOf } from './traces.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const missing = await missingRequirement()
if (missing !== null) console.warn(`The fault campaign was not run: ${missing}`)

/** Max runs of a control until it is red. */
const CONTROL_RUNS = 3

let results = ''
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'faults-test-'))
})
afterAll(() => rm(results, { recursive: true, force: true }))

function campaign(...args: string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, '--results', results, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Waits until a campaign has at least this many processes in other networks, and returns its traces. */
async function tracesOfMany(root: number, least: number): Promise<Traces> {
  return vi.waitFor(
    async () => {
      const traces = await tracesOf(root)
      expect(traces.processes.length).toBeGreaterThanOrEqual(least)
      return traces
    },
    { timeout: 90_000, interval: 200 },
  )
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  if (!child.stdout || !child.stderr) throw new Error('The campaign has no output.')
  const ended = once(child, 'close')
  const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = await ended
  return { code: code as number | null, said: said + complaint }
}

describe.runIf(missing === null)('the fault campaign', () => {
  it('finds no lost login, no undone logout and no user error in seven cases and one seed', {
    timeout: 300_000,
  }, async () => {
    const { code, said } = await outcome(campaign('--brief', '--parallel', '2'))
    expect(said, said).toContain('8 of 8 runs had the required result.')
    expect(code, said).toBe(EXIT.green)
  })

  it.concurrent('finds no lost write and none done twice of plain clients through the proxy, also after a wrong election', {
    timeout: 300_000,
  }, async () => {
    const { code, said } = await outcome(campaign('--case', 'D', '--system', 'proxy'))
    expect(code, said).toBe(EXIT.green)
    expect(said).toContain('0 signs of lost writes, 0 of writes done twice')
  })

  it.concurrent.each([
    ['A', 'plain-wait'],
    ['minority', 'plain-wait'],
    ['kill-primary', 'connect-redis'],
    ['D', 'proxy-without-journal'],
  ])('would show it: case %s turns the control %s red', { timeout: 300_000 }, async (name, system) => {
    // A control shows what its case can find. On a busy machine its few writes may miss the moment of the fault.
    const runs: Awaited<ReturnType<typeof outcome>>[] = []
    do runs.push(await outcome(campaign('--case', name, '--system', system)))
    while (runs.at(-1)?.code !== EXIT.green && runs.length < CONTROL_RUNS)
    const said = runs.map((run) => run.said).join('\n')
    expect(runs.at(-1)?.code, said).toBe(EXIT.green)
    expect(said).toContain('red, as required of a control')
  })

  it.concurrent.each([
    ['SIGINT', EXIT.interrupted],
    ['SIGKILL', null],
  ] as const)(
    'leaves nothing behind when it is ended by %s',
    { timeout: 300_000 },
    async (signal, expected) => {
      const before = await sharedState()
      const child = campaign('--case', 'kill-primary')
      const root = child.pid ?? 0
      const ended = outcome(child)
      const traces = await tracesOfMany(root, 10)
      expect(traces.folders).toHaveLength(1)
      expect(await sharedState()).toEqual(before)
      child.kill(signal)
      expect((await ended).code).toBe(expected)
      // A killed campaign cannot remove its folder. The next campaign removes it.
      if (signal === 'SIGKILL') {
        const next = campaign('--case', 'kill-sentinel')
        const nextEnded = outcome(next)
        await tracesOfMany(next.pid ?? 0, 1)
        next.kill('SIGINT')
        await nextEnded
      }
      expect(await remaining(traces, root)).toEqual([])
      expect(await sharedState()).toEqual(before)
    },
  )
})
