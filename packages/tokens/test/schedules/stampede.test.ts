import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { RedisGroup, type ServerProcess } from '@holdfast/testing'
import { afterEach, expect, it } from 'vitest'
import { pause, storeOptions } from './lab.ts'

const APPLICATIONS = 50
/** A process each would take two cores half a minute to start. */
const APPLICATIONS_IN_A_PROCESS = 5
/** Each needs two on a new primary: for its writes, and for the feed. One may fail and be tried again. */
const MAX_CONNECTIONS_EACH = 4
/** A probe of two commands each 40 ms, two looks at the beginning of a connection, and its own work. */
const MAX_COMMANDS_EACH = 150
/** When Sentinels on two busy cores split a vote, they vote again after seconds. */
const LONGEST_WATCH_MS = 60_000

let group: RedisGroup
const processes: ChildProcess[] = []
afterEach(async () => {
  for (const child of processes) child.kill('SIGKILL')
  await group.stop()
})

interface Counted {
  atMs: number
  connections: number
  commands: number
  isPrimary: boolean
}

/**
 * Looks every 50 ms, over a connection of its own each time (a promotion ends all that are open), until what was
 * counted is enough.
 */
async function watch(server: ServerProcess, isEnough: (counts: Counted[]) => boolean): Promise<Counted[]> {
  const counts: Counted[] = []
  const deadlineMs = performance.now() + LONGEST_WATCH_MS
  for (let tries = 1; !isEnough(counts); tries++) {
    if (performance.now() > deadlineMs)
      throw new Error(`Not enough in time: ${JSON.stringify(counts.at(-1))}`)
    // A promotion ends this connection, too.
    const info = String(await group.run(server, 'INFO', 'stats', 'replication').catch(() => ''))
    if (info === '') continue
    const read = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1])
    counts.push({
      atMs: performance.now(),
      connections: read('total_connections_received') - tries,
      commands: read('total_commands_processed'),
      isPrimary: /^role:master/m.test(info),
    })
    await pause(50)
  }
  return counts
}

function lastsMs(counts: Counted[]): number {
  return (counts.at(-1)?.atMs ?? 0) - (counts[0]?.atMs ?? 0)
}

/** The most that came in one second. */
function busiestSecond(counts: Counted[], what: 'connections' | 'commands'): number {
  return Math.max(
    ...counts.map((from) => {
      const to = counts.findLast(({ atMs }) => atMs <= from.atMs + 1000) ?? from
      return to[what] - from[what]
    }),
  )
}

async function startApplications(): Promise<void> {
  const file = fileURLToPath(new URL('stampede-application.ts', import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  processes.push(child)
  child.stdin.end(JSON.stringify({ stores: APPLICATIONS_IN_A_PROCESS, options: storeOptions(group) }))
  await once(createInterface(child.stdout), 'line')
}

// INV-TOKENS-27.
it('fifty applications that lose their primary at once come to the new one with few connections and commands', {
  timeout: 180_000,
}, async () => {
  group = await RedisGroup.start()
  for (let started = 0; started < APPLICATIONS; started += APPLICATIONS_IN_A_PROCESS) {
    await startApplications()
  }
  const [next] = await group.replicas()
  if (next === undefined) throw new Error('There is no replica.')
  await group.run(next, 'CONFIG', 'SET', 'replica-priority', '1')
  const calm = await watch(next, (counts) => lastsMs(counts) > 3000)
  await (await group.primary()).kill()
  const counts = await watch(next, (all) => lastsMs(all.filter(({ isPrimary }) => isPrimary)) > 5000)
  const report = {
    calmCommands: busiestSecond(calm, 'commands'),
    connections: busiestSecond(counts, 'connections'),
    commands: busiestSecond(counts, 'commands'),
  }
  console.log('stampede', report)
  expect(await group.primary()).toBe(next)
  // Each of them works again.
  const came = (counts.at(-1)?.connections ?? 0) - (calm[0]?.connections ?? 0)
  expect(came).toBeGreaterThanOrEqual(2 * APPLICATIONS)
  expect(report.connections).toBeLessThan(APPLICATIONS * MAX_CONNECTIONS_EACH)
  expect(report.commands).toBeLessThan(APPLICATIONS * MAX_COMMANDS_EACH)
})
