import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { eventually, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { expect } from 'vitest'
import { examine } from '../../../src/doctor/examine.ts'
import type { Diagnosis } from '../../../src/doctor/finding.ts'

/** A running data centre in which faults are caused, with the commands that cause them. */
export class FaultLab {
  readonly dc: TestDataCentre
  readonly secrets: Secrets
  /** An address of its network without a Redis. */
  readonly nowhere: string
  /** The addresses of the primary and of one replica, as of the last {@link findRoles}. */
  primary = ''
  replica = ''
  /** Files as they were before a fault, for its undo. */
  broken = ''
  topologyBefore = ''

  private constructor(dc: TestDataCentre, secrets: Secrets, nowhere: string) {
    this.dc = dc
    this.secrets = secrets
    this.nowhere = nowhere
  }

  static async start(network: string): Promise<FaultLab> {
    const dc = await TestDataCentre.create({ network })
    await dc.start()
    const secrets: Secrets = JSON.parse(await readFile(join(dc.stateDir, 'secrets.json'), 'utf8'))
    await dc.onDisk()
    return new FaultLab(dc, secrets, `${network}.99`)
  }

  get hosts(): string[] {
    return this.dc.topology.dataHosts.map(({ host }) => host)
  }

  /** Waits until the group is healthy, and notes which Redis is the primary. */
  async findRoles(): Promise<void> {
    this.primary = (await this.dc.untilHealthy()).host
    this.replica = this.hosts.findLast((host) => host !== this.primary) ?? ''
  }

  nameOf(kind: string, host: string): string {
    return `${kind}-${this.hosts.indexOf(host) + 1}`
  }

  fileOf(...path: string[]): string {
    return join(this.dc.stateDir, ...path)
  }

  set(host: string, name: string, value: string) {
    return this.dc.ask(host, ['CONFIG', 'SET', name, value])
  }

  follow(host: string, primary: string) {
    return this.dc.ask(host, ['REPLICAOF', primary, '6379'])
  }

  onAllSentinels(...command: string[]) {
    return Promise.all(this.hosts.map((host) => this.dc.askSentinel(host, command)))
  }

  /** Makes one Sentinel watch another Redis as the primary. */
  async monitor(sentinel: string, redis: string): Promise<void> {
    const { primaryName: name, timings } = this.dc.topology
    await this.dc.askSentinel(
      sentinel,
      ['SENTINEL', 'REMOVE', name],
      ['SENTINEL', 'MONITOR', name, redis, '6379', '2'],
      ['SENTINEL', 'SET', name, 'auth-user', 'sentinel', 'auth-pass', this.secrets.sentinel],
      ['SENTINEL', 'SET', name, 'down-after-milliseconds', String(timings.downAfterMs)],
      ['SENTINEL', 'SET', name, 'failover-timeout', String(timings.failoverTimeoutMs)],
    )
  }

  async forgetDenials(): Promise<void> {
    const reset = ['ACL', 'LOG', 'RESET']
    await Promise.all(
      this.hosts.flatMap((host) => [this.dc.ask(host, reset), this.dc.askSentinel(host, reset)]),
    )
  }

  async findings(): Promise<Diagnosis[]> {
    return (await examine({ stateDir: this.dc.stateDir })).findings
  }

  /** Waits until the doctor finds nothing. */
  isHealthy(): Promise<void> {
    return eventually(async () => expect((await this.findings()).map(brief)).toEqual([]))
  }

  /** Waits until the doctor finds nothing, apart from denials that a fault caused. */
  isHealthyAgain(): Promise<void> {
    return eventually(async () => {
      await this.forgetDenials()
      expect((await this.findings()).map(brief)).toEqual([])
    })
  }
}

const brief = ({ check, subject, evidence }: Diagnosis) => `${check}: ${subject}: ${evidence}`
