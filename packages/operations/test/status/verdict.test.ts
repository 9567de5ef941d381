import { GROUP_ID, groupSnapshot } from '@holdfast/testing/local/group-snapshot'
import { expect, it } from 'vitest'
import type { DataCentreStatus } from '../../src/status/facts.ts'
import { statusReasons, verdictOf } from '../../src/status/verdict.ts'

type Local = Pick<DataCentreStatus, 'supervisor' | 'processes'>

const RUNNING: Local = {
  supervisor: 'running',
  processes: [
    { name: 'redis-1', kind: 'redis', host: '10.0.0.11', port: 6379, pid: 1, state: 'running', restarts: 0 },
  ],
}

const textsOf = (local: Local, snapshot = groupSnapshot()) =>
  statusReasons(local, snapshot, { groupId: GROUP_ID }).map(({ text }) => text)

it.each<[string, string[], string[]]>([
  ['is healthy without a reason', textsOf(RUNNING), []],
  ['needs no supervisor when a file describes it', textsOf({ supervisor: 'none', processes: [] }), []],
  [
    'is unhealthy without its supervisor',
    textsOf({ supervisor: 'gone', processes: [] }),
    ['The supervisor is not running: it will not restart any process.'],
  ],
  [
    'is unhealthy while the supervisor hangs',
    textsOf({ supervisor: 'hung', processes: [] }),
    ['The supervisor does not respond.'],
  ],
  [
    'is unhealthy while a process does not run',
    textsOf({ ...RUNNING, processes: RUNNING.processes.map((one) => ({ ...one, state: 'backoff' })) }),
    ['redis-1 is down and will be restarted.'],
  ],
  [
    'is unhealthy while a Redis does not answer',
    textsOf(RUNNING, groupSnapshot({ 2: null })),
    ['redis-2: 10.0.0.12:6379 did not answer.'],
  ],
  [
    'stays healthy during what passes by itself',
    textsOf(
      RUNNING,
      groupSnapshot({ 2: { rewritesLog: true } }, { 1: { failingOver: true, knownReplicas: 1 } }),
    ),
    [],
  ],
])('a data centre %s', (_, texts, expected) => {
  expect(texts).toEqual(expected)
})

it.each<[string, Partial<DataCentreStatus>, ReturnType<typeof verdictOf>]>([
  ['without a reason is healthy', { reasons: [] }, 'healthy'],
  ['that answers is unhealthy', {}, 'unhealthy'],
  ['that is silent under a supervisor is unhealthy', { redis: [] }, 'unhealthy'],
  ['that is silent without a supervisor does not run', { redis: [], supervisor: 'gone' }, 'not-running'],
  ['elsewhere that is silent does not run', { redis: [], supervisor: 'none' }, 'not-running'],
])('a data centre %s', (_, change, expected) => {
  const status = {
    reasons: [{ code: 'no-single-primary', process: null, text: '' }],
    supervisor: 'running',
    redis: [{ reachable: true }],
    sentinels: [{ reachable: false }],
    ...change,
  }
  expect(verdictOf(status as DataCentreStatus)).toBe(expected)
})
