import { atRate, count, login, type Outcomes, ProxyClient, type Target } from '../flood/request.ts'
import { serve } from './serve.ts'

/** The users of a data centre, who work while it is flooded. */

/** What the users noticed in one phase: the time of each good answer, and the number of each other outcome. */
export interface Noticed {
  /** Good answers (in milliseconds). */
  times: number[]
  failures: Outcomes
}

type Act = 'verify' | 'known' | 'new'
export type NoticedOf = Record<Act, Noticed>

interface User {
  name: string
  /** The cookies that a browser of this user keeps. */
  session: string
  device: string
}

const nothing = (): NoticedOf => ({
  verify: { times: [], failures: {} },
  known: { times: [], failures: {} },
  new: { times: [], failures: {} },
})

let noticed = nothing()
const users: User[] = []
const proxy = new ProxyClient()

/** The network of a user: none of the flood's. */
const addressOf = (number: number) => `127.2.${number % 250}.${1 + (number % 200)}`

function record(act: Act, dueMs: number, outcome: string): void {
  // An answer belongs to the phase in which it arrives.
  if (outcome === '200') noticed[act].times.push(performance.now() - dueMs)
  else count(noticed[act].failures, outcome)
}

const cookieOf = (cookies: readonly string[], name: string) =>
  cookies.find((cookie) => cookie.startsWith(`${name}=`)) ?? ''

const methods = {
  /** Logs each user in once. Every one must succeed. */
  async logIn(targets: readonly Target[], names: readonly string[], password: string): Promise<void> {
    for (const [number, name] of names.entries()) {
      const target = targets[number % targets.length]
      if (target === undefined) throw new Error('Users need a gateway.')
      const { outcome, cookies } = await proxy.ask(target, login(name, password, addressOf(number)))
      if (outcome !== '200') throw new Error(`The first login of ${name} was answered ${outcome}.`)
      users.push({
        name,
        session: cookieOf(cookies, 'holdfast'),
        device: cookieOf(cookies, 'holdfast-device'),
      })
    }
  },
  /** Begins to work: verifications and logins per second; every second login is from a browser that is new to the user. */
  async start(targets: readonly Target[], password: string, verifies: number, logins: number): Promise<void> {
    let turn = 0
    const next = () => {
      turn += 1
      const [user, target] = [users[turn % users.length], targets[turn % targets.length]]
      if (user === undefined || target === undefined) throw new Error('There are no users.')
      return { user, target }
    }
    atRate(verifies, (dueMs) => {
      const { user, target } = next()
      const headers = { cookie: user.session }
      const asked = proxy.ask(target, { method: 'GET', path: '/verify', from: addressOf(turn), headers })
      void asked.then(({ outcome }) => record('verify', dueMs, outcome))
    })
    let number = 0
    atRate(logins, (dueMs) => {
      number += 1
      const act = number % 2 === 0 ? 'known' : 'new'
      const { user, target } = next()
      const cookie = act === 'known' ? user.device : undefined
      const asked = proxy.ask(target, login(user.name, password, addressOf(number), cookie))
      void asked.then(({ outcome }) => record(act, dueMs, outcome))
    })
  },
  /** What the users noticed since the last call. */
  async take(): Promise<NoticedOf> {
    const taken = noticed
    noticed = nothing()
    return taken
  },
}

export type FloodUsersWorker = typeof methods
serve(methods)
