import { type Benchmark, profileWhenMissed } from '../benchmark.ts'
import { DataCentre } from '../data-centre.ts'
import { figure } from '../figure.ts'
import { interleave, ratios } from '../rounds.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { Sessions, WebApplicationWorker } from '../workers/web-application.ts'
import type { WebLoadWorker } from '../workers/web-load.ts'

const USERS = 500
const CONNECTIONS = 32
const ROUND_MS = 3000

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
    say(`5 rounds of ${ROUND_MS} ms a side`)
    const measured = await interleave({
      none: () => run(none),
      holdfast: () => run(holdfast),
      connectRedis: () => run(connectRedis),
      untouched: () => run(untouched),
    })
    const perSecond = (side: keyof typeof measured) => measured[side].map((round) => round.perSecond)
    const cpu = (what: string, side: keyof typeof measured) =>
      figure(
        `processor time of a request, ${what}`,
        'µs',
        measured[side].map((round) => round.cpuUs),
      )
    const figures = [
      figure(
        'Holdfast, of express-session with connect-redis',
        '×',
        ratios(perSecond('holdfast'), perSecond('connectRedis')),
        {
          atLeast: 1.5,
        },
      ),
      figure('Holdfast, of no session at all', '×', ratios(perSecond('holdfast'), perSecond('none')), {
        atLeast: 0.9,
      }),
      figure(
        'Holdfast, of connect-redis with `disableTouch`',
        '×',
        ratios(perSecond('holdfast'), perSecond('untouched')),
      ),
      figure('no session at all, requests', '/s', perSecond('none')),
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
      cpu('no session at all', 'none'),
      cpu('Holdfast', 'holdfast'),
      cpu('connect-redis', 'connectRedis'),
    ]
    return {
      setup: [
        `Express 5, one process a side, \`NODE_ENV=production\`, ${USERS} logged-in users by cookie over ${CONNECTIONS} kept connections (autocannon), a small JSON answer. connect-redis as documented: one plain connection to the primary, \`resave\` and \`saveUninitialized\` off; it touches a session at each request unless \`disableTouch\`. The application without sessions gets the same cookies.`,
        'The application has one core; autocannon, in a process of its own, and Redis share the other.',
      ],
      figures,
      ...(await profileWhenMissed(figures, holdfast.worker, () => run(holdfast))),
    }
  },
}
