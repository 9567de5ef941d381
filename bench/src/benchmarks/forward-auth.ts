import { type Benchmark, profileWhenMissed } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { GatewayWorker } from '../workers/gateway.ts'
import type { WebLoadWorker } from '../workers/web-load.ts'

const USERS = 500
const CONNECTIONS = 32
// Short, so that other load on the machine affects both sides of a round.
const ROUND_MS = 1000
const ROUNDS = 15

export const forwardAuth: Benchmark = {
  name: 'forward-auth',
  title: 'Forward authentication: GET /verify',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const load = WorkerProcess.start<WebLoadWorker>(stack, 'web-load')
    const start = async (how: Parameters<GatewayWorker['start']>[0]) => {
      const worker = WorkerProcess.start<GatewayWorker>(stack, 'gateway')
      return { worker, ...(await worker.call('start', how)) }
    }
    const gateway = await start({ store: centre.storeOptions(), users: USERS })
    // The empty route receives the same cookies, and does not read them.
    const empty = { ...(await start(null)), cookies: gateway.cookies }
    const run = async ({ worker, url, cookies }: typeof gateway) => {
      const beforeMs = await worker.cpuMs()
      const { count, ...measured } = await load.call('ask', url, cookies, CONNECTIONS, ROUND_MS)
      return { ...measured, cpuUs: (1000 * ((await worker.cpuMs()) - beforeMs)) / count }
    }
    say(`${ROUNDS} rounds of ${ROUND_MS} ms per side`)
    const measured = await interleave(
      { empty: () => run(empty), gateway: () => run(gateway) },
      { rounds: ROUNDS },
    )
    const of = (side: keyof typeof measured, what: 'perSecond' | 'p99Ms' | 'cpuUs') =>
      measured[side].map((round) => round[what])
    const figures = [
      figure(
        'requests of the gateway, relative to an empty Fastify route',
        '×',
        ratios(of('gateway', 'perSecond'), of('empty', 'perSecond')),
        { atLeast: 0.75 },
      ),
      figure('the gateway, requests', '/s', of('gateway', 'perSecond')),
      figure('an empty route, requests', '/s', of('empty', 'perSecond')),
      figure('the gateway, p99', 'ms', of('gateway', 'p99Ms')),
      figure('an empty route, p99', 'ms', of('empty', 'p99Ms')),
      figure('processor time per request, the gateway', 'µs', of('gateway', 'cpuUs')),
      figure('processor time per request, an empty route', 'µs', of('empty', 'cpuUs')),
    ]
    return {
      setup: [
        `One gateway process has ${USERS} sessions in its near cache. autocannon sends their cookies over ${CONNECTIONS} keep-alive connections; every answer is 200 with the identity headers. The other side is Fastify with its defaults and one route that answers an empty 200 to the same cookies.`,
        'The measured process has one core. autocannon, in a separate process, and Redis share the other.',
      ],
      figures,
      ...(await profileWhenMissed(figures, gateway.worker, () => run(gateway))),
    }
  },
}
