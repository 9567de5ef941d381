import { pause } from '../clock.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { RedisClientWorker } from '../workers/redis-client.ts'
import type { ClientKind, ClientName } from './client.ts'
import type { FaultName } from './fault-names.ts'
import type { Fault } from './faults.ts'
import type { Verdict } from './journal.ts'
import type { Noticed, Rates } from './load.ts'
import { LEASE_MS, SIDES, type Side, type TestBed } from './test-bed.ts'

/** What one client noticed of one fault. */
export interface Observed extends Noticed, Verdict {
  client: ClientName
  fault: FaultName
  side: Side
}

const BEFORE_MS = 3000

/** Causes a fault while clients with the proxy and without it send commands, and returns what they noticed. */
export async function observe(
  stack: AsyncDisposableStack,
  bed: TestBed,
  kind: ClientKind,
  fault: Fault,
  usual: Rates,
): Promise<Observed[]> {
  const { rate = 1 } = kind
  const rates = { reads: rate * usual.reads, writes: rate * usual.writes }
  const sides = fault.onlyProxy ? SIDES.slice(0, 1) : SIDES
  // At the same time, so that both have the same failover.
  if (!fault.apart) return await observeTogether(stack, bed, kind, fault, rates, sides)
  const observed: Observed[] = []
  for (const side of sides) {
    observed.push(...(await observeTogether(stack, bed, kind, fault, rates, [side])))
  }
  return observed
}

let runs = 0

async function observeTogether(
  stack: AsyncDisposableStack,
  bed: TestBed,
  kind: ClientKind,
  fault: Fault,
  rates: Rates,
  sides: readonly Side[],
): Promise<Observed[]> {
  runs += 1
  const clients = sides.map((side, index) => ({
    side,
    prefix: `bench-${runs}-${index}`,
    worker: WorkerProcess.start<RedisClientWorker>(stack, 'redis-client'),
  }))
  try {
    await Promise.all(
      clients.map(({ side, prefix, worker }) => {
        return worker.call('start', kind.name, bed.endpoint(side, kind.without), prefix, rates, LEASE_MS)
      }),
    )
    await pause(BEFORE_MS)
    const [side = SIDES[0]] = sides
    const changePassword = async (password: string) => {
      for (const { worker } of clients) await worker.call('changePassword', password)
    }
    const repair = await fault.cause(bed, side, changePassword)
    await pause(fault.watchMs)
    await repair()
    await bed.group.untilHealthy()
    const noticed = await Promise.all(clients.map(({ worker }) => worker.call('stop')))
    const primary = await bed.centre.primaryLogin()
    const verdicts = await Promise.all(clients.map(({ worker }) => worker.call('judge', primary)))
    return sides.flatMap((one, index) => {
      const [seen, verdict] = [noticed[index], verdicts[index]]
      if (seen === undefined || verdict === undefined) return []
      return [{ client: kind.name, fault: fault.name, side: one, ...seen, ...verdict }]
    })
  } finally {
    await Promise.all(clients.map(({ worker }) => worker.call('end').catch(() => {})))
    await Promise.all(clients.map(({ worker }) => worker.stop()))
  }
}
