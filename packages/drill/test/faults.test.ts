import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StateFolder } from '@holdfast/local/state/folder'
import type { LocalDataCentre } from '@holdfast/local/state/open'
import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import { undoJournaled } from '@holdfast/operations/undo/cleanup'
import { readUndoJournal, undoJournalFile } from '@holdfast/operations/undo/undo-journal'
import { writePrivate } from '@holdfast/site/private-file'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS, kindOf, victimOf } from '../src/faults/catalogue.ts'
import { injectFault } from '../src/faults/inject.ts'
import type { DrillFault, FaultPlan, FaultTools } from '../src/faults/plan.ts'

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
  process('proxy', 'proxy', '127.0.7.2', 5),
]
const primary = { host: '127.0.7.12', port: 6379 }
const status = { name: 'dc1', timings: 'fast' as const, processes }

let folder: StateFolder
beforeAll(async () => {
  folder = new StateFolder(await mkdtemp(join(tmpdir(), 'holdfast-drill-')))
})
afterAll(() => rm(folder.path, { recursive: true, force: true }))

/** Tools that note each call, and how many steps the undo journal had at that moment. */
function notingTools() {
  const done: string[] = []
  const note = async (what: string) => {
    const undoJournal = await readUndoJournal(folder)
    done.push(`${what} (${undoJournal?.undo.length ?? 'no'} to undo)`)
    return status
  }
  const tools: FaultTools = {
    control: {
      status: async () => status,
      signal: (name, signal) => note(`${signal} ${name}`),
      loseHost: (host) => note(`lose ${host}`),
      restoreHost: (host) => note(`restore ${host}`),
    },
    async ask(node, commands) {
      if (commands[0]?.[1] === 'GET') return [{ maxmemory: '268435456' }]
      await note(`${commands.map((command) => command.join(' ')).join(', ')} at ${node.host}`)
      return [Buffer.from('OK')]
    },
    redis: [primary],
    downAfterMs: 1500,
    dataCentre: { folder } as LocalDataCentre,
    renew: async () => {},
    connections: async () => new Set(),
  }
  return { tools, done }
}

async function plan(
  fault: DrillFault,
  change: { lastsMs?: number; downAfterMs?: number } = {},
): Promise<FaultPlan> {
  const victim = victimOf(fault.target, processes, primary)
  if (victim === null) throw new Error('no victim')
  const tools = { ...notingTools().tools, ...(change.downAfterMs ? { downAfterMs: change.downAfterMs } : {}) }
  return kindOf(fault).plan({
    tools,
    target: fault.target,
    victim,
    lastsMs: change.lastsMs ?? kindOf(fault).lastsMs,
  })
}

describe('the victim', () => {
  it.each([
    ['primary', 'redis-2'],
    ['redis', 'redis-2'],
    ['replica', 'redis-1'],
    ['gateway', 'gateway-1'],
    ['proxy', 'proxy'],
    ['sentinel', 'sentinel-1'],
  ] as const)('of a fault with the target %s is %s', (target, name) => {
    expect(victimOf(target, processes, primary)?.name).toBe(name)
  })

  it('must be running', () => {
    const held = processes.map((entry) => ({ ...entry, state: 'held' as const }))
    expect(victimOf('gateway', held, primary)).toBeNull()
  })
})

it('an unknown fault is rejected with the known ones', () => {
  expect(() => kindOf({ action: 'empty', target: 'primary' })).toThrow(
    '`fault.target` of empty must be one of replica, got primary.',
  )
  expect(() => kindOf({ action: 'melt' as 'kill', target: 'primary' })).toThrow(
    '`fault.action` must be one of',
  )
})

it('a fault needs a new primary only if the primary is silent for longer than the Sentinels wait', async () => {
  const due = async (...of: Parameters<typeof plan>) => (await plan(...of)).needsNewPrimary
  const pause = { action: 'pause', target: 'primary' } as const
  expect(await due(pause)).toBe(true)
  expect(await due(pause, { downAfterMs: 10_000 })).toBe(false)
  expect(await due({ action: 'kill', target: 'primary' })).toBe(true)
  expect(await due({ action: 'lose-host', target: 'primary' })).toBe(true)
  expect(await due({ action: 'pause', target: 'replica' })).toBe(false)
  expect(await due({ action: 'busy', target: 'primary' })).toBe(false)
  expect(await due({ action: 'fill-memory', target: 'primary' })).toBe(false)
})

it('every fault has a text for what is about to happen, and a sentence for what has happened', async () => {
  for (const { action, targets } of FAULTS) {
    for (const target of targets) {
      const { text, done } = await plan({ action, target })
      expect(text).not.toMatch(/undefined|null|NaN/)
      expect(done).toMatch(/\.$/)
    }
  }
})

// INV-DRILL-1.
it('the undo journal is on disk before the injection, and repeated calls undo the fault once', async () => {
  const { tools, done } = notingTools()
  for (const fault of [
    { action: 'lose-host', target: 'primary' },
    { action: 'pause', target: 'replica' },
    { action: 'fill-memory', target: 'primary' },
  ] as const) {
    const victim = victimOf(fault.target, processes, primary)
    if (victim === null) throw new Error('no victim')
    const planned = await kindOf(fault).plan({ tools, target: fault.target, victim, lastsMs: 8000 })
    const injected = await injectFault(planned, tools, undoJournalFile(folder))
    await Promise.all([injected.undo(), injected.undo()])
    await injected.undo()
  }
  expect(done).toEqual([
    'lose 127.0.7.12 (1 to undo)',
    'restore 127.0.7.12 (1 to undo)',
    'SIGSTOP redis-1 (1 to undo)',
    'SIGCONT redis-1 (1 to undo)',
    'CONFIG SET maxmemory 1 at 127.0.7.12 (1 to undo)',
    'CONFIG SET maxmemory 268435456, CONFIG REWRITE at 127.0.7.12 (1 to undo)',
  ])
  expect(await readUndoJournal(folder)).toBeNull()
})

it('a fault whose injection fails half-way is undone', async () => {
  const { tools, done } = notingTools()
  const planned = await plan({ action: 'lose-host', target: 'primary' })
  const broken = { ...planned, inject: () => Promise.reject(new Error('half done')) }
  await expect(injectFault(broken, tools, undoJournalFile(folder))).rejects.toThrow('half done')
  expect(done).toEqual(['restore 127.0.7.12 (1 to undo)'])
})

describe('the fault that a killed drill has left', () => {
  const undo = [{ do: 'continue' as const, process: 'redis-1' }]
  it('is undone, and its journal is deleted', async () => {
    await undoJournalFile(folder).write({ fault: 'pause redis-1', undo })
    const { tools, done } = notingTools()
    expect(await undoJournaled(folder, tools)).toBe('pause redis-1')
    expect(done).toEqual(['SIGCONT redis-1 (1 to undo)'])
    expect(await readUndoJournal(folder)).toBeNull()
    expect(await undoJournaled(folder, tools)).toBeNull()
  })

  it('is not undone when its journal cannot be read', async () => {
    await writePrivate(folder.drillFile, JSON.stringify({ fault: 'pause redis-1', undo: [{ do: 'burn' }] }))
    await expect(readUndoJournal(folder)).rejects.toMatchObject({ code: 'REMAINS_UNREADABLE' })
  })
})
