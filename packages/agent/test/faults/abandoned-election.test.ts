import { setTimeout as sleep } from 'node:timers/promises'
import { Network, PRIMARY_NAME, RedisGroup, type ServerProcess } from '@holdfast/testing'
import { eventually } from '@holdfast/testing/local/data-centre'
import { createRedisStore, generateKeyring, type TokenStore } from '@holdfast/tokens'
import { expect, it } from 'vitest'
import { readField } from '../../src/redis/replies.ts'
import { PERIODS_COMMAND } from '../../src/watchdog/sentinel-settings.ts'
import { watchHost } from '../../src/watchdog/watch-host.ts'
import { agentConfig } from '../support/agent-config.ts'

/** A short timeout, with which an election counts as abandoned after 6 s. */
const FAILOVER_TIMEOUT_MS = 2000
const HOSTS = ['a', 'b', 'c'] as const

/**
 * The primary hangs for a moment. Host c is paused just after its Sentinel was elected, before that has promoted its own
 * Redis. The primary continues, so the others hold no second election. When c continues, it receives data from the others
 * only after some seconds, because TCP retransmits late, while its own commands arrive.
 */
class LateLeader {
  readonly network: Network
  readonly log: string[] = []
  readonly loggedIn = new Set<string>()
  readonly loggedOut = new Set<string>()
  #group: RedisGroup | null = null
  #store: TokenStore | null = null
  readonly #agents = new Map<string, AbortController>()
  #users: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(network: Network) {
    this.network = network
  }

  get group(): RedisGroup {
    if (this.#group === null) throw new Error('The group was not started.')
    return this.#group
  }

  async start(): Promise<void> {
    const group = await RedisGroup.start({ network: this.network, failoverTimeoutMs: FAILOVER_TIMEOUT_MS })
    this.#group = group
    for (const sentinel of group.sentinels) await group.run(sentinel, ...PERIODS_COMMAND)
    // Sentinels a and c mark the hung primary as down, but only c starts an election: a has a quorum of three.
    const [byA, byB, byC] = [
      ['500', '3'],
      ['10000', '2'],
      ['500', '2'],
    ]
    for (const [index, sentinel] of group.sentinels.entries()) {
      const [downAfter, quorum] = [byA, byB, byC][index] ?? []
      const settings = ['down-after-milliseconds', downAfter ?? '', 'quorum', quorum ?? '']
      await group.run(sentinel, 'SENTINEL', 'SET', PRIMARY_NAME, ...settings)
    }
    await group.run(this.#redis('c'), 'CONFIG', 'SET', 'replica-priority', '50')
    await eventually(async () => {
      const replicas = await group.run(this.#sentinel('c'), 'SENTINEL', 'REPLICAS', PRIMARY_NAME)
      const priorities = Array.isArray(replicas)
        ? replicas.map((one) => readField(one, 'slave-priority'))
        : []
      expect(priorities.toSorted()).toEqual(['100', '50'])
    })
    this.#store = createRedisStore({
      dataCentre: 'lab',
      keyring: generateKeyring(),
      ...group.access,
    })
    await this.#store.ready({ timeoutMs: 20_000 })
    this.#users = Promise.all(['ada', 'bob'].map((subject) => this.#act(subject)))
  }

  runAgent(host: (typeof HOSTS)[number]): void {
    const leaving = new AbortController()
    this.#agents.set(host, leaving)
    const config = agentConfig(this.group, HOSTS.indexOf(host), FAILOVER_TIMEOUT_MS)
    watchHost(config, { log: (event) => this.log.push(event), signal: leaving.signal }).catch(() => {})
  }

  /** Waits until c is elected, pauses c, and lets the primary continue. */
  async abandon(): Promise<void> {
    const [primary, replica, leader] = [this.#redis('a'), this.#redis('c'), this.#sentinel('c')]
    primary.pause()
    await eventually(async () => expect(await this.#voteEpoch('a')).toBe(1))
    leader.pause()
    replica.pause()
    this.#agents.get('c')?.abort()
    // Meanwhile the votes for c reach its host.
    await sleep(100)
    primary.resume()
    this.network.cut(['a', 'b', 'sa', 'sb'], ['c', 'sc'], { oneWay: true })
  }

  /** Lets host c continue. Returns whether its Redis was promoted then. */
  async goOn(): Promise<boolean> {
    this.#redis('c').resume()
    this.#sentinel('c').resume()
    // In its first second Sentinel c is in TILT. It must start no election of its own while it receives nothing.
    const patient = ['down-after-milliseconds', '10000', 'quorum', '2']
    await this.group.run(this.#sentinel('c'), 'SENTINEL', 'SET', PRIMARY_NAME, ...patient)
    const info = () => this.group.run(this.#redis('c'), 'INFO', 'replication').catch(() => '')
    let promoted = false
    for (const endMs = performance.now() + 3000; performance.now() < endMs; await sleep(20))
      promoted ||= String(await info()).includes('role:master')
    this.network.heal()
    if (this.#agents.has('c')) this.runAgent('c')
    return promoted
  }

  /** The primary that the Sentinels a and b name, with its epoch. */
  async named(): Promise<{ host: string | undefined; epoch: number }[]> {
    const replies = await Promise.all(
      (['a', 'b'] as const).map((host) =>
        this.group.run(this.#sentinel(host), 'SENTINEL', 'MASTER', PRIMARY_NAME),
      ),
    )
    return replies.map((reply) => ({
      host: HOSTS.find((host) => String(this.#redis(host).port) === readField(reply, 'port')),
      epoch: Number(readField(reply, 'config-epoch')),
    }))
  }

  async priorities(): Promise<string[]> {
    const replies = await Promise.all(
      this.group.redis.map((server) => this.group.run(server, 'CONFIG', 'GET', 'replica-priority')),
    )
    return replies.map((reply) => readField(reply, 'replica-priority'))
  }

  /** Stops the users, and counts acknowledged logins that are lost and acknowledged logouts that were undone. */
  async contradictions(): Promise<{ lost: number; undone: number }> {
    this.#stopped = true
    await this.#users
    const states = async (tokens: Set<string>) =>
      Promise.all([...tokens].map(async (token) => (await this.#verify(token)) === 'active'))
    return {
      lost: (await states(this.loggedIn)).filter((isActive) => !isActive).length,
      undone: (await states(this.loggedOut)).filter((isActive) => isActive).length,
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const agent of this.#agents.values()) agent.abort()
    await this.#store?.close()
    await this.#users
    await this.#group?.stop()
    await this.network.close()
  }

  async #verify(token: string): Promise<string> {
    return eventually(async () => {
      const answer = await this.#store?.verify(token)
      if (answer === undefined || answer.status === 'unavailable') throw new Error('unavailable')
      return answer.status
    })
  }

  async #act(subject: string): Promise<void> {
    for (let round = 0; !this.#stopped; round++) {
      try {
        const token = (await this.#store?.issue({ subject }))?.token ?? ''
        if (round % 4 === 3) {
          await this.#store?.revoke(token)
          this.loggedOut.add(token)
        } else this.loggedIn.add(token)
      } catch {
        // The request was not acknowledged.
      }
      await sleep(20)
    }
  }

  /** The epoch of a Sentinel's last vote. */
  async #voteEpoch(host: (typeof HOSTS)[number]): Promise<number> {
    const { address } = this.#redis('a')
    const question = ['IS-MASTER-DOWN-BY-ADDR', address.host, String(address.port), '0', 'asks-only']
    const reply = await this.group.run(this.#sentinel(host), 'SENTINEL', ...question)
    return Array.isArray(reply) ? Number(reply[2]) : 0
  }

  #redis(host: (typeof HOSTS)[number]): ServerProcess {
    return this.#find(this.group.redis, host)
  }

  #sentinel(host: (typeof HOSTS)[number]): ServerProcess {
    return this.#find(this.group.sentinels, host)
  }

  #find(servers: ServerProcess[], host: (typeof HOSTS)[number]): ServerProcess {
    const server = servers[HOSTS.indexOf(host)]
    if (server === undefined) throw new Error(`There is no host ${host}.`)
    return server
  }
}

/** Runs the schedule and returns its observations. */
async function run(withAgents: boolean) {
  const lab = new LateLeader(await Network.create())
  try {
    await lab.start()
    if (withAgents) for (const host of HOSTS) lab.runAgent(host)
    await lab.abandon()
    await (withAgents
      ? eventually(async () => {
          expect(lab.log).toContain('closed an abandoned election')
        })
      : sleep(12_000))
    const closed = await lab.named()
    const acknowledged = lab.loggedIn.size
    await sleep(1500)
    const loggedInSince = lab.loggedIn.size - acknowledged
    const promotedLate = await lab.goOn()
    await lab.group.untilHealthy()
    await sleep(500)
    return {
      closed,
      loggedInSince,
      promotedLate,
      after: await lab.named(),
      priorities: await lab.priorities(),
      ...(await lab.contradictions()),
    }
  } finally {
    await lab.stop()
  }
}

// INV-AGENT-14.
it('after the agent has closed an abandoned election, the late promotion of its leader is ignored and loses nothing', {
  timeout: 120_000,
}, async () => {
  const [closed, left] = await Promise.all([run(true), run(false)])
  expect([closed.promotedLate, left.promotedLate]).toEqual([true, true])
  // Without an agent, the late promotion is valid, and every Sentinel follows it.
  expect(left.after).toEqual(Array(2).fill({ host: 'c', epoch: 1 }))
  expect(closed.closed).toEqual(Array(2).fill({ host: 'a', epoch: 3 }))
  expect(closed.after).toEqual(Array(2).fill({ host: 'a', epoch: 3 }))
  expect(closed.loggedInSince).toBeGreaterThan(0)
  expect([closed.lost, closed.undone]).toEqual([0, 0])
  expect(closed.priorities).toEqual(['100', '100', '50'])
})
