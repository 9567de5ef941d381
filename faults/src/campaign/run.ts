import { readFile } from 'node:fs/promises'
import { generateSecrets } from '@holdfast/site/secrets/secrets'
import { applicationLogin, DATA_CENTRE } from '../data-centre/names.ts'
import { readHistory } from '../history/codec.ts'
import { monotonicMs } from '../history/events.ts'
import { APP_HOSTS } from '../hosts/places.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { inspectorOf, openSystem } from '../systems/open.ts'
import { Fleet } from '../testbed/fleet.ts'
import { readSentinelEvents } from '../testbed/sentinel-log.ts'
import { Testbed } from '../testbed/testbed.ts'
import { Timeline, type TimelineEntry } from '../testbed/timeline.ts'
import { readFinalState } from './final-readings.ts'
import { judge } from './judge.ts'
import { pictureOf } from './picture.ts'
import type { RunRecord } from './result.ts'
import { runFaults } from './run-faults.ts'

export interface RunOptions {
  plan: RunPlan
  /** An empty folder for the logs, the history and all data. */
  folder: string
  clockShim: string
  /** Receives the current stage of the run. */
  onStage: (stage: string) => void
}

/** Long enough for leases to end and for servers to replay their journals. */
const SETTLE_MS = 2500
const READY_MS = 20_000

/**
 * Runs one plan in the namespaces of this process: start of the testbed, users, faults, recovery, final readings,
 * verdict.
 */
export async function run({ plan, folder, clockShim, onStage }: RunOptions): Promise<RunRecord> {
  const startedMs = performance.now()
  const timeline = new Timeline()
  const secrets = generateSecrets(DATA_CENTRE)
  const { keyring } = secrets
  const inspector = inspectorOf(plan.system)
  onStage('starting')
  const testbed = await Testbed.create({
    folder,
    system: plan.system,
    timings: plan.timings,
    secrets,
    timeline,
    clockShim: plan.shiftableClocks ? clockShim : null,
    smallDisks: plan.smallDisks,
    watchdogs: plan.watchdogs,
    // A control does not have a guard.
    guards: plan.guards && plan.system === 'holdfast',
  })
  const { idleMs, leaseMs, seed, system, workload } = plan
  testbed.fleet = new Fleet({
    folder,
    timeline,
    idOf: inspector.idOf,
    login: applicationLogin(secrets),
    env: (host) => testbed.environmentOf(host),
    settingsOf: (name, historyFile, login) => ({
      name,
      login,
      seed,
      system,
      keyring,
      idleMs,
      leaseMs,
      workload,
      historyFile,
    }),
  })
  const hosts = Array.from(
    { length: plan.workers },
    (_, index) => APP_HOSTS[index % APP_HOSTS.length] ?? 'app1',
  )
  // The processes load their program while the data centre starts.
  for (const host of hosts) testbed.fleet.prepare(host)
  await testbed.startDataCentre()
  await Promise.all(hosts.map((host) => testbed.fleet.start(host)))
  await pause(plan.warmUpMs)
  onStage('faults')
  await runFaults(testbed, plan)
  onStage('recovery')
  await testbed.dataCentre.shortenSentinelPeriods()
  await testbed.dataCentre.waitUntilHealthy()
  await pause(SETTLE_MS)
  await testbed.fleet.stop()
  onStage('checking')
  // Servers replay their journals after a change of primary, and a hung process may have resumed just now.
  await testbed.dataCentre.waitUntilHealthy()
  const reader = await openSystem(system, { keyring, login: testbed.fleet.login, idleMs, leaseMs })
  const isReady = await reader.ready(READY_MS).then(
    () => true,
    (error: unknown) => {
      timeline.note(`The API did not become ready: ${error instanceof Error ? error.message : String(error)}`)
      return false
    },
  )
  const tokens = [...testbed.fleet.tokens.values()].map(({ token }) => token)
  const readings = await readFinalState(tokens, inspector, isReady ? reader : null)
  await reader.close()
  const events = await readHistory(testbed.fleet.historyFiles)
  const result = judge({
    plan,
    events,
    readings,
    spans: testbed.timeline.spans,
    longestStallMs: testbed.fleet.longestStallMs,
    tookMs: Math.round(performance.now() - startedMs),
  })
  timeline.entries.push(...(await readSentinelLogs(testbed)))
  timeline.entries.sort((one, other) => one.atMs - other.atMs)
  return { result, timeline: timeline.entries, picture: pictureOf(events, timeline) }
}

async function readSentinelLogs(testbed: Testbed): Promise<TimelineEntry[]> {
  const wallClockMs = Date.now() - monotonicMs()
  const [first] = testbed.timeline.entries
  const entries: TimelineEntry[] = []
  for (const [place, file] of testbed.dataCentre.logFiles()) {
    if (place.length === 1) continue
    entries.push(...readSentinelEvents(place, await readFile(file, 'utf8'), wallClockMs))
  }
  return entries.filter(({ atMs }) => first !== undefined && atMs > first.atMs - 100)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
