import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Nodes } from '@holdfast/agent/redis/nodes'
import { readField } from '@holdfast/agent/redis/replies'
import { Sentinels } from '@holdfast/agent/redis/sentinels'
import { type RunningDataCentre, type StartOptions, startDataCentre } from '@holdfast/local/lifecycle/start'
import { StateFolder } from '@holdfast/local/state/folder'
import { openLocal } from '@holdfast/local/state/open'
import { type RecordedProcess, readProcesses } from '@holdfast/local/state/records'
import { type ControlClient, connectControl } from '@holdfast/local/supervise/control-client'
import type { DataCentreStatus } from '@holdfast/operations/status/facts'
import { getStatus } from '@holdfast/operations/status/status'
import { type LocalPlan, localGroup } from '@holdfast/site/topology/local-plan'
import { type DefaultPlanOptions, defaultPlan } from '@holdfast/site/topology/place'
import type { Group } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'

/** For commands that no test expects to fail, also on a busy machine and with large values. */
const COMMAND_TIMEOUT_MS = 10_000

const STAND_IN_GATEWAY = fileURLToPath(new URL('./stand-in-gateway.mjs', import.meta.url))
const STAND_IN_PROXY = fileURLToPath(new URL('./stand-in-proxy.mjs', import.meta.url))

export const makeTempFolder = () => mkdtemp(join(tmpdir(), 'holdfast-'))

export function startOptions(stateDir: string, plan: LocalPlan): StartOptions {
  return {
    plan,
    stateDir,
    gatewayCommand: [process.execPath, STAND_IN_GATEWAY],
    proxyCommand: [process.execPath, STAND_IN_PROXY],
    writeUsers: (file, users) =>
      writeFile(file, JSON.stringify(users.map(({ name }) => name)), { mode: 0o600 }),
    startTimeoutMs: 40_000,
  }
}

/** A data centre of a test, with helpers to query and change it. */
export class TestDataCentre {
  readonly stateDir: string
  readonly plan: LocalPlan
  readonly control: ControlClient
  running: RunningDataCentre | null = null
  #asked: { nodes: Nodes; sentinels: Sentinels } | null = null

  private constructor(stateDir: string, plan: LocalPlan) {
    this.stateDir = stateDir
    this.plan = plan
    this.control = connectControl(stateDir)
  }

  static async create(options: DefaultPlanOptions): Promise<TestDataCentre> {
    return new TestDataCentre(await makeTempFolder(), defaultPlan(options))
  }

  get topology(): Group {
    return localGroup(this.plan)
  }

  async start(more: Partial<StartOptions> = {}): Promise<void> {
    this.running = await startDataCentre({ ...startOptions(this.stateDir, this.plan), ...more })
  }

  async stop(): Promise<void> {
    await this.running?.stop()
    this.running = null
    // The next query reads the secrets again, because they may have been rotated.
    this.#asked?.nodes.close()
    this.#asked?.sentinels.close()
    this.#asked = null
  }

  async remove(): Promise<void> {
    await this.stop()
    await rm(this.stateDir, { recursive: true, force: true })
  }

  status(): Promise<DataCentreStatus> {
    return getStatus({ stateDir: this.stateDir })
  }

  processes(): RecordedProcess[] {
    return readProcesses(new StateFolder(this.stateDir))
  }

  /** The only Redis that reports to be the primary. Throws unless there is exactly one. */
  async primary(): Promise<{ name: string; host: string }> {
    const views = await (await this.#ask()).nodes.views(1000)
    const primaries = views.filter(({ role }) => role === 'primary')
    const [primary] = primaries
    if (primary === undefined || primaries.length > 1)
      throw new Error(`Exactly one Redis must be primary, but ${primaries.length} are.`)
    return this.#named(primary.address.host)
  }

  /** Sends commands to a Redis as the admin. */
  async ask(host: string, ...commands: string[][]): Promise<string[]> {
    const { nodes } = await this.#ask()
    return (await nodes.send({ host, port: 6379 }, commands, COMMAND_TIMEOUT_MS)).map(String)
  }

  /** The `replica-priority` of each Redis, in order. */
  async priorities(): Promise<number[]> {
    const { nodes } = await this.#ask()
    const replies = await Promise.all(
      this.topology.dataHosts.map(({ host }) =>
        nodes.send({ host, port: 6379 }, [['CONFIG', 'GET', 'replica-priority']], COMMAND_TIMEOUT_MS),
      ),
    )
    return replies.map(([reply]) => Number(readField(reply, 'replica-priority')))
  }

  /** Sends commands to a Sentinel as the admin. */
  async askSentinel(host: string, ...commands: string[][]): Promise<string[]> {
    const { sentinels } = await this.#ask()
    return (await sentinels.send({ host, port: 26379 }, commands, COMMAND_TIMEOUT_MS)).map(String)
  }

  /** Fields of a Sentinel's state of the primary; an empty text for a missing field. */
  async askSentinelFor(host: string, ...fields: string[]): Promise<string[]> {
    const { sentinels } = await this.#ask()
    const question = ['SENTINEL', 'MASTER', this.topology.primaryName]
    const [reply] = await sentinels.send({ host, port: 26379 }, [question], COMMAND_TIMEOUT_MS)
    return fields.map((field) => readField(reply, field))
  }

  /** Writes to the primary and waits for the given number of replicas. Returns whether they confirmed the write. */
  async write(key: string, value: string, replicas = 1): Promise<boolean> {
    const { host } = await this.primary()
    const [, confirmed] = await this.ask(host, ['SET', key, value], ['WAIT', String(replicas), '5000'])
    return Number(confirmed) >= replicas
  }

  /**
   * Waits until every Redis has its data on disk. After a full synchronisation Redis keeps its old append-only file
   * until the new one is written, and a start from the old file would load old data.
   */
  onDisk(): Promise<void> {
    return eventually(async () => {
      const { nodes } = await this.#ask()
      for (const { address } of await nodes.views(1000)) {
        const [info] = await this.ask(address.host, ['INFO', 'persistence'])
        if (!/^aof_rewrite_in_progress:0/m.test(info ?? ''))
          throw new Error(`${address.host} is rewriting its append-only file`)
      }
    })
  }

  /** Waits until the group is healthy: one primary, two linked replicas, and three Sentinels that agree. */
  untilHealthy(): Promise<{ name: string; host: string }> {
    return eventually(async () => {
      const { nodes, sentinels } = await this.#ask()
      const [views, answers] = await Promise.all([nodes.views(1000), sentinels.answers(1000)])
      const [primary, ...more] = views.filter(({ role }) => role === 'primary')
      if (primary === undefined || more.length > 0)
        throw new Error('The group does not have exactly one primary.')
      const address = formatAddress(primary.address)
      const followers = views.filter(({ linkUp, primaryAddress }) => linkUp && primaryAddress === address)
      const agreeing = answers.filter(
        (answer) =>
          answer.primary === address &&
          answer.knownReplicas === 2 &&
          answer.knownSentinels === 2 &&
          !answer.failingOver,
      )
      if (followers.length !== 2 || agreeing.length !== 3)
        throw new Error('Not all replicas and Sentinels follow the primary.')
      return this.#named(primary.address.host)
    })
  }

  async #ask(): Promise<{ nodes: Nodes; sentinels: Sentinels }> {
    if (this.#asked === null) {
      const local = await openLocal(this.stateDir)
      this.#asked = { nodes: new Nodes(local), sentinels: new Sentinels(local) }
    }
    return this.#asked
  }

  #named(host: string): { name: string; host: string } {
    return {
      name: `redis-${this.topology.dataHosts.findIndex((dataHost) => dataHost.host === host) + 1}`,
      host,
    }
  }
}

/** Repeats the attempt until it succeeds, for at most `timeoutMs`. */
export async function eventually<T>(attempt: () => Promise<T>, timeoutMs = 20_000): Promise<T> {
  const untilMs = performance.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(25)
    }
  }
}

/** The time until the attempt succeeds, in milliseconds. */
export async function timeUntil(attempt: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await eventually(attempt)
  return performance.now() - startedMs
}
