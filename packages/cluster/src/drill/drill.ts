import { randomBytes } from 'node:crypto'
import { connectControl } from '../operate/control-client.ts'
import { inTurn } from '../operate/lock.ts'
import { aclProcesses, applicationConnections } from '../operate/rotate/passwords/acl-processes.ts'
import { openLocal } from '../state/open.ts'
import { auditEverywhere, auditPrimary } from './audit.ts'
import { lookAround } from './environment.ts'
import { DrillError } from './errors.ts'
import type { FaultTools } from './faults/plan.ts'
import { doHarm } from './harm.ts'
import { createHttpClient } from './http.ts'
import { Ledger } from './ledger.ts'
import { defaultObjectives } from './objectives/default.ts'
import { type DrillOptions, drillSettings } from './options.ts'
import { sightAddress, watchPrimary } from './primary-watch.ts'
import { reportProgress } from './progress.ts'
import { idOf } from './rehearsal/list.ts'
import { type DrillEvidence, type DrillReport, judge } from './report.ts'
import type { Run } from './run.ts'
import { Tally } from './tally.ts'
import { readTarget } from './target.ts'
import { mendRemains, remainsFile } from './undo/remains.ts'
import { createUserClient } from './users.ts'
import { pause } from './waiting.ts'
import { becomesWhole, WHOLE_TIMEOUT_MS } from './whole.ts'
import { createWorkload } from './workload.ts'

/**
 * Lets users work on a running data centre, does it harm, and counts what they noticed. Meanwhile no other operation
 * changes it.
 *
 * Never leaves its fault or its users behind, also when it throws: `INVALID_OPTION`, `NOT_RUNNING`, `BUSY`, what an
 * operation that it does throws, or a {@link DrillError} with `NOT_WHOLE`, `LOGIN_REFUSED`, `NOT_UNDONE` or
 * `DRILL_ABORTED`. What a killed drill left is undone first. What went wrong for users is not thrown: it is in the report.
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  drillSettings(options)
  return inTurn(
    () => openLocal(options.stateDir),
    'drill',
    () => drillOf(options),
  )
}

/** The same for who has the data centre to himself already. */
export async function drillOf(options: DrillOptions): Promise<DrillReport> {
  const settings = drillSettings(options)
  const { stateDir, accounts, onProgress, signal = new AbortController().signal } = options
  const target = await readTarget(stateDir)
  const { dataCentre, topology, nodes, sentinels } = target
  const processes = aclProcesses(target)
  const tools: FaultTools = {
    control: connectControl(stateDir),
    ask: (node, commands, timeoutMs) => nodes.send(node, commands, timeoutMs),
    redis: target.redis,
    downAfterMs: topology.timings.downAfterMs,
    dataCentre,
    renew: () => target.renew(),
    connections: (kinds) => applicationConnections(processes.filter(({ kind }) => kinds.includes(kind))),
  }
  const remains = remainsFile(dataCentre.folder)
  const http = createHttpClient()
  const breakOff = () => http.close()
  const watch = watchPrimary({ nodes: target.redis, access: () => target.admin() })
  const tally = new Tally()
  const ledger = new Ledger()
  const progress = reportProgress({ tally, ledger, users: settings.users, onProgress })
  const run: Run = {
    target,
    tools,
    remains,
    settings,
    signal,
    client: createUserClient(http),
    watch,
    ledger,
    tally,
    progress,
    names: drillNames(settings.users),
    password: randomBytes(24).toString('base64url'),
  }
  signal.addEventListener('abort', breakOff)
  try {
    await tools.control.status()
    const left = await mendRemains(dataCentre.folder, tools)
    progress.enter(
      'prepare',
      'Waiting until every process runs, every replica follows and all Sentinels agree.',
    )
    if (left !== null) progress.say(`Undone what a drill that was killed had left: ${left}.`)
    if (!(await becomesWhole(run))) throw notWhole()
    // Also those of a drill that was killed.
    await accounts.remove(target.usersFile, isDrillUser)
    try {
      await accounts.add(target.usersFile, run.names, run.password)
      return await workAndHarm(run, {
        id: options.id ?? idOf(settings.fault),
        objectives: options.objectives ?? defaultObjectives(topology.timings),
        environment: await lookAround(topology, tools),
      })
    } finally {
      await accounts.remove(target.usersFile, isDrillUser)
    }
  } finally {
    signal.removeEventListener('abort', breakOff)
    progress.end()
    watch.stop()
    http.close()
    nodes.close()
    sentinels.close()
  }
}

async function workAndHarm(
  run: Run,
  given: Pick<DrillEvidence, 'id' | 'objectives' | 'environment'>,
): Promise<DrillReport> {
  const { target, settings, ledger, tally, progress, watch, signal, names } = run
  const startedAt = new Date()
  const workload = createWorkload(run)

  progress.enter('log-in', `${names.length} users log in through ${target.balancer}.`)
  await workload.logInAll(names, signal)
  await pause(0, signal)
  if (ledger.acknowledged === 0) throw nobodyLoggedIn(run)

  progress.enter('warm-up', `${settings.requestsPerSecond} verifications a second, round robin.`)
  tally.timeline.mark('load-begins', 'users work', performance.now())
  const load = workload.start({ ...settings, names })
  try {
    await pause(settings.warmUpMs, signal)
    return await doHarm(run, async (harm, undo) => {
      tally.timeline.mark('load-ends', 'users stop', performance.now())
      const loadMs = await load.stop()

      progress.enter('audit', 'Every acknowledged login is looked up on the primary.')
      const first = await auditPrimary(run)

      progress.enter('recover', 'The data centre becomes whole again.')
      await undo()
      const isWhole = await becomesWhole(run)
      if (isWhole) tally.timeline.mark('whole', 'the data centre is whole again', performance.now())

      progress.enter('audit', 'Every acknowledged login is looked up again, and through every gateway.')
      const second = await auditEverywhere(run)
      const after = watch.current()
      return judge({
        ...given,
        ...harm,
        settings,
        tally,
        startedAt,
        loadMs,
        durationMs: performance.now() - tally.startedAtMs,
        primary: { before: harm.before, after: after && sightAddress(after) },
        acknowledgedLogouts: ledger.ended.length,
        loggedOutIds: new Set([...ledger.loggedOutIds, ...second.refused]),
        missingIds: new Set([...first.missing, ...second.missing]),
        undoneIds: new Set([...ledger.undoneIds, ...first.undone, ...second.undone]),
        audited: { primary: second.onPrimary, gateways: second.throughGateways },
        holes: [...first.holes, ...(isWhole ? [] : [NOT_WHOLE_AFTER]), ...second.holes],
      })
    })
  } finally {
    await load.stop()
  }
}

function drillNames(count: number): string[] {
  const run = randomBytes(4).toString('hex')
  return Array.from({ length: count }, (_, index) => `drill-${run}-${index + 1}`)
}

/** Whether a user of the gateways was made by a drill. */
export const isDrillUser = (name: string) => /^drill-[0-9a-f]{8}-\d+$/.test(name)

const NOT_WHOLE_AFTER = `The data centre was not whole again ${WHOLE_TIMEOUT_MS / 1000} s after the fault.`

const notWhole = () =>
  new DrillError(
    'NOT_WHOLE',
    'The data centre is not whole: not every process runs, a replica does not follow, or the Sentinels do not agree. ' +
      'See `holdfast doctor`, and try again when all is well.',
  )

function nobodyLoggedIn({ tally, target }: Run): DrillError {
  const [first] = tally.samples
  return new DrillError(
    'LOGIN_REFUSED',
    `None of the drill's users could log in through ${target.balancer}: ${first?.what ?? 'no answer'}. ` +
      "See the gateways' logs in the state folder.",
  )
}
