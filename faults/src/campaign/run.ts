import { readFile } from 'node:fs/promises'
import { generateSecrets } from '@holdfast/site/secrets/secrets'
import type { Keyring } from '@holdfast/tokens'
import type { FinalReading } from '../checker/final-state.ts'
import type { FinalKeyReading } from '../checker/keys/rule.ts'
import { applicationLogin, DATA_CENTRE } from '../data-centre/names.ts'
import { readHistory } from '../history/codec.ts'
import { monotonicMs } from '../history/events.ts'
import { APP_HOSTS } from '../hosts/places.ts'
import type { RunPlan } from '../schedule/plan.ts'
import { openKeySystem } from '../systems/key-system.ts'
import { inspectorOf, openSystem } from '../systems/open.ts'
import { isKeySystem, isProduct, type KeySystemName, type LoginSystemName } from '../systems/system.ts'
import { Fleet } from '../testbed/fleet.ts'
import { readSentinelEvents } from '../testbed/sentinel-log.ts'
import { Testbed } from '../testbed/testbed.ts'
import { Timeline, type TimelineEntry } from '../testbed/timeline.ts'
import { readFinalKeys } from './final-keys.ts'
import { readFinalState } from './final-readings.ts'
import { judge, judgeKeys } from './judge.ts'
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
    guards: plan.guards && isProduct(plan.system),
  })
  const { idleMs, leaseMs, seed, system, workload } = plan
  const applications = Array.from({ length: plan.workers }, (_, index) => `w${index + 1}`)
  testbed.fleet = new Fleet({
    folder,
    timeline,
    idOf: isKeySystem(plan.system) ? (key) => key : inspectorOf(plan.system).idOf,
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
      applications,
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
  const events = await readHistory(testbed.fleet.historyFiles)
  const evidence = {
    plan,
    events,
    spans: testbed.timeline.spans,
    longestStallMs: testbed.fleet.longestStallMs,
  }
  const took = () => ({ tookMs: Math.round(performance.now() - startedMs) })
  const result = isKeySystem(system)
    ? judgeKeys({ ...evidence, readings: await readKeys(system, testbed, plan), ...took() })
    : judge({ ...evidence, readings: await readTokens(system, testbed, plan, keyring), ...took() })
  timeline.entries.push(...(await readSentinelLogs(testbed)))
  timeline.entries.sort((one, other) => one.atMs - other.atMs)
  return { result, timeline: timeline.entries, picture: pictureOf(events, timeline) }
}

async function readKeys(
  system: KeySystemName,
  { fleet, timeline }: Testbed,
  { leaseMs }: RunPlan,
): Promise<FinalKeyReading[]> {
  const onEvent = (event: object) => timeline.note(`reader: ${JSON.stringify(event)}`)
  const opened = await openKeySystem(system, { login: fleet.login, leaseMs, onEvent })
  const client = opened.connect()
  try {
    return await readFinalKeys(client)
  } finally {
    client.disconnect()
    await opened.close()
  }
}

async function readTokens(
  system: LoginSystemName,
  { fleet, timeline }: Testbed,
  { idleMs, leaseMs }: RunPlan,
  keyring: Keyring,
): Promise<FinalReading[]> {
  const reader = await openSystem(system, { keyring, login: fleet.login, idleMs, leaseMs })
  const isReady = await reader.ready(READY_MS).then(
    () => true,
    (error: unknown) => {
      timeline.note(`The API did not become ready: ${error instanceof Error ? error.message : String(error)}`)
      return false
    },
  )
  const tokens = [...fleet.tokens.values()].map(({ token }) => token)
  const readings = await readFinalState(tokens, inspectorOf(system), isReady ? reader : null)
  await reader.close()
  return readings
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
