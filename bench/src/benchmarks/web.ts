import { type Benchmark, profileWhenMissed } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { Sessions, WebApplicationWorker } from '../workers/web-application.ts'
import type { WebLoadWorker } from '../workers/web-load.ts'

const USERS = 500
const CONNECTIONS = 32
// Short, so that other load on the machine affects all sides of a round.
const ROUND_MS = 1000
const ROUNDS = 15

export const web: Benchmark = {
  name: 'web',
  title: 'A web application with sessions',
  async run({ stack, say }) {
    const centre = await DataCentre.start(stack)
    const redis = await centre.primaryLogin()
    const load = WorkerProcess.start<WebLoadWorker>(stack, 'web-load')
    const start = async (how: Sessions) => {
      const worker = WorkerProcess.start<WebApplicationWorker>(stack, 'web-application')
      const url = await worker.call('start', how)
      const cookies = how.kind === 'none' ? [] : await load.call('logIn', url, USERS)
      return { worker, url, cookies }
    }
    const holdfast = await start({ kind: 'holdfast', store: centre.storeOptions() })
    const connectRedis = await start({ kind: 'connect-redis', redis, disableTouch: false })
    const untouched = await start({ kind: 'connect-redis', redis, disableTouch: true })
    const none = { ...(await start({ kind: 'none' })), cookies: holdfast.cookies }
    const run = async ({ worker, url, cookies }: typeof none) => {
      const beforeMs = await worker.cpuMs()
      const { count, ...measured } = await load.call('run', url, cookies, CONNECTIONS, ROUND_MS)
      return { ...measured, cpuUs: (1000 * ((await worker.cpuMs()) - beforeMs)) / count }
    }
    say(`${ROUNDS} rounds of ${ROUND_MS} ms per side`)
    const measured = await interleave(
      {
        none: () => run(none),
        holdfast: () => run(holdfast),
        connectRedis: () => run(connectRedis),
        untouched: () => run(untouched),
      },
      { rounds: ROUNDS },
    )
    const perSecond = (side: keyof typeof measured) => measured[side].map((round) => round.perSecond)
    const cpu = (what: string, side: keyof typeof measured) =>
      figure(
        `processor time per request, ${what}`,
        'µs',
        measured[side].map((round) => round.cpuUs),
      )
    const figures = [
      figure(
        'Holdfast, relative to express-session with connect-redis',
        '×',
        ratios(perSecond('holdfast'), perSecond('connectRedis')),
        {
          atLeast: 1.5,
        },
      ),
      figure('Holdfast, relative to no session', '×', ratios(perSecond('holdfast'), perSecond('none')), {
        atLeast: 0.9,
      }),
      figure(
        'Holdfast, relative to connect-redis with `disableTouch`',
        '×',
        ratios(perSecond('holdfast'), perSecond('untouched')),
      ),
      figure('no session, requests', '/s', perSecond('none')),
      figure('Holdfast, requests', '/s', perSecond('holdfast')),
      figure('connect-redis, requests', '/s', perSecond('connectRedis')),
      figure('connect-redis with `disableTouch`, requests', '/s', perSecond('untouched')),
      figure(
        'Holdfast, p99',
        'ms',
        measured.holdfast.map((round) => round.p99Ms),
      ),
      figure(
        'connect-redis, p99',
        'ms',
        measured.connectRedis.map((round) => round.p99Ms),
      ),
      cpu('no session', 'none'),
      cpu('Holdfast', 'holdfast'),
      cpu('connect-redis', 'connectRedis'),
    ]
    return {
      setup: [
        `Express 5, one process per side, \`NODE_ENV=production\`. autocannon sends the cookies of ${USERS} logged-in users over ${CONNECTIONS} keep-alive connections; the answer is a small JSON document. connect-redis is set up as documented: one plain connection to the primary, \`resave\` and \`saveUninitialized\` off, and without the command time-out of its Redis client, which costs throughput. It touches a session on each request unless \`disableTouch\` is set. The application without sessions receives the same cookies.`,
        'The application has one core. autocannon, in a separate process, and Redis share the other.',
      ],
      figures,
      ...(await profileWhenMissed(figures, holdfast.worker, () => run(holdfast))),
    }
  },
}
