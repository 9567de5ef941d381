import { answering } from '@holdfast/agent/group/health'
import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import type { ProcessState } from '@holdfast/local/supervise/managed-process'
import type { Check } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'
import { wakeUp } from './advice.ts'

const supervisorGone: Check = {
  id: 'supervisor-gone',
  severity: 'error',
  title: 'No supervisor watches the processes',
  why: 'A process that exits now is not restarted. If the primary is killed, no watchdog speeds up the failover.',
  needs: ['this machine'],
  check: ({ supervisor, cliFlags }) => {
    if (supervisor === 'running' || supervisor === 'none') return []
    const evidence =
      supervisor === 'hung'
        ? 'Its process exists but does not answer on its control socket.'
        : 'There is no supervisor process.'
    return [
      {
        subject: 'the supervisor',
        evidence,
        advice: `Logins wait for a few seconds during this restart:\nholdfast down${cliFlags} && holdfast up --detach${cliFlags}`,
      },
    ]
  },
}

const drillLeftBehind: Check = {
  id: 'drill-left-behind',
  severity: 'error',
  title: 'A killed drill left its fault in place',
  why: 'The fault that the drill caused on purpose continues. A real fault would then be the second one at the same time.',
  needs: ['this machine'],
  check: ({ drill, cliFlags }) =>
    drill === null || drill.isUnderWay || drill.undo.length === 0
      ? []
      : [
          {
            subject: 'the group',
            evidence: `The drill had begun to ${drill.fault} and ended before it undid that.`,
            advice: `holdfast doctor --fix${cliFlags}\nThe next drill also undoes it.`,
            fix: { kind: 'undo-drill' },
          },
        ],
}

const nodeDown: Check = {
  id: 'node-down',
  severity: 'error',
  title: 'A Redis does not answer',
  why: 'The group tolerates one missing Redis of three. After the next fault, logins fail.',
  needs: [],
  check: (snapshot) =>
    snapshot.redis
      .filter((one) => isDown(one) && !isExplainedByState(snapshot, one.name))
      .map(({ name, at, problem }) => {
        const naming = answering(snapshot.sentinels).filter(({ facts }) => facts.primary === at)
        const role =
          naming.length > 0
            ? ` ${naming.length} of ${snapshot.sentinels.length} Sentinels name it as the primary.`
            : ''
        return { subject: name, evidence: `${problem}${role}`, advice: wakeUp(snapshot, name) }
      }),
}

const sentinelDown: Check = {
  id: 'sentinel-down',
  severity: 'error',
  title: 'A Sentinel does not answer',
  why: 'Two of three Sentinels must agree to a failover. If one more is missing, a lost primary is not replaced.',
  needs: [],
  check: (snapshot) =>
    snapshot.sentinels
      .filter((one) => isDown(one) && !isExplainedByState(snapshot, one.name))
      .map(({ name, problem }) => ({
        subject: name,
        evidence: `${problem}`,
        advice: wakeUp(snapshot, name),
      })),
}

const serverUnsupported: Check = {
  id: 'server-unsupported',
  severity: 'error',
  title: 'A server is not supported',
  why: "It cannot keep Holdfast's promises. The library and the gateways do not use it and do not count its confirmations.",
  needs: ['redis', 'sentinels'],
  check: ({ redis, sentinels }) =>
    [...answering(redis), ...answering(sentinels)].flatMap(({ name, facts: { unsupported } }) =>
      unsupported === null
        ? []
        : [
            {
              subject: name,
              evidence: unsupported,
              advice:
                'Install Redis 7.0 or later, or Valkey, on its host, with `cluster-enabled no`, and restart it there: one host at a time.',
            },
          ],
    ),
}

const gatewayDown: Check = {
  id: 'gateway-down',
  severity: 'error',
  title: 'A gateway or the balancer is not ready',
  why: 'Requests go only to gateways that are ready. Without the balancer, clients reach no gateway.',
  needs: ['this machine'],
  check: (snapshot) => {
    const silent = snapshot.http.filter(
      ({ name, problem }) => problem !== null && !isExplainedByState(snapshot, name),
    )
    // The balancer is not ready while no gateway is. The findings about the gateways report that.
    const allGateways =
      silent.filter(({ name }) => name !== 'balancer').length ===
      snapshot.http.filter(({ name }) => name !== 'balancer').length
    return silent
      .filter(({ name }) => name !== 'balancer' || !allGateways)
      .map(({ name, problem }) => ({
        subject: name,
        evidence: `${problem}`,
        advice: wakeUp(snapshot, name),
      }))
  },
}

const processRestarting: Check = {
  id: 'process-restarting',
  severity: 'error',
  title: 'A process keeps restarting',
  why: 'It does no work in the meantime. Its log says why it exits.',
  needs: ['this machine', 'supervisor'],
  check: (snapshot) =>
    snapshot.processes
      .filter(({ name }) => ['backoff', 'starting'].includes(processState(snapshot, name) ?? ''))
      .map(({ name, restarts }) => ({
        subject: name,
        evidence: `It is not up now and was restarted ${restarts} times.`,
        advice: `Read the file "log" in the folder of ${name}: its last lines say why it exited.`,
      })),
}

const processHeld: Check = {
  id: 'process-held',
  severity: 'error',
  title: 'The supervisor does not start a Redis',
  why: 'With its present files, this Redis would lose data or empty the other nodes.',
  needs: ['this machine', 'supervisor'],
  check: (snapshot) =>
    snapshot.processes
      .filter(({ name }) => processState(snapshot, name) === 'held')
      .map(({ name, heldBecause }) => ({
        subject: name,
        evidence: heldBecause ?? 'The supervisor gives no reason.',
        advice: `Check whether the other nodes are up; if they are, one of them is promoted:\nholdfast status${snapshot.cliFlags}\nIf no node has data, restore a backup.`,
      })),
}

/** The state of a process as the supervisor reports it; null if it reports none. */
function processState({ processes }: Snapshot, name: string): ProcessState | null {
  return processes.find((process) => process.name === name)?.state ?? null
}

/** The process keeps restarting or is not started: separate checks report that. */
function isExplainedByState(snapshot: Snapshot, name: string): boolean {
  const state = processState(snapshot, name)
  return state === 'backoff' || state === 'starting' || state === 'held'
}

/** The process cannot be asked. A process that refuses the admin is not down: separate checks report that. */
const isDown = ({ facts, refusal }: ProcessSnapshot<unknown>): boolean =>
  facts === null && (refusal === null || refusal === 'error')

export const HOST_AND_PROCESS_CHECKS: readonly Check[] = [
  supervisorGone,
  drillLeftBehind,
  nodeDown,
  sentinelDown,
  serverUnsupported,
  gatewayDown,
  processRestarting,
  processHeld,
]
