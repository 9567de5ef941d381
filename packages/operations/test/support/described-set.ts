import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadSite } from '@holdfast/site/check/check-site'
import type { Site } from '@holdfast/site/file/site'
import { loadSecrets } from '@holdfast/site/secrets/load'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { Processes } from '@holdfast/testing/hosts/programs'
import { eventually } from '@holdfast/testing/local/data-centre'
import { Connection, type Credentials, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { expect } from 'vitest'
import type { SitePlace } from '../../src/data-centre/open-site.ts'
import { readMap } from '../../src/doctor/collect/replies.ts'

const COMMAND_TIMEOUT_MS = 3000

export const HOSTS = [1, 2, 3] as const
export type HostNumber = (typeof HOSTS)[number]

/** The two files of one host. */
export interface SetFiles {
  redis: string
  sentinel: string
}

interface SetOptions {
  /** The first three numbers of its addresses. */
  network: string
  /** Further lines of the site's file, besides its data centre. */
  more?: string
  /** Further hosts in the file, one line per host. */
  others?: string[]
}

/** Three Redis and three Sentinels of a test, and a `holdfast.yaml` that describes them as far as possible. */
export class DescribedSet {
  readonly folder: string
  readonly site: Site
  readonly secrets: Secrets
  readonly place: SitePlace
  readonly processes = new Processes()
  readonly #network: string
  readonly #stateHome: string | undefined

  private constructor(folder: string, network: string, site: Site, secrets: Secrets) {
    this.folder = folder
    this.site = site
    this.secrets = secrets
    this.place = { siteFile: join(folder, 'holdfast.yaml') }
    this.#network = network
    this.#stateHome = process.env['XDG_STATE_HOME']
    process.env['XDG_STATE_HOME'] = join(folder, 'state')
  }

  /** Writes the file and creates secrets. No process runs yet. */
  static async describe({ network, more = '', others = [] }: SetOptions): Promise<DescribedSet> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-'))
    const lines = HOSTS.map((n) => `{ name: red${n}, address: ${network}.1${n}, runs: [redis, sentinel] }`)
    await writeFile(
      join(folder, 'holdfast.yaml'),
      `version: 1\nengine: redis 7.0\ntransport: plain\ntimings: fast\n${more}\ndataCentres:\n  dc1:\n    secrets: { file: ./secrets }\n    hosts:\n${[
        ...lines,
        ...others,
      ]
        .map((line) => `      - ${line}\n`)
        .join('')}`,
    )
    const site = await loadSite(join(folder, 'holdfast.yaml'))
    const [dataCentre] = site.dataCentres
    if (dataCentre === undefined) throw new Error('The site has no data centre.')
    const secrets = await loadSecrets(dataCentre.secrets, folder, { createFor: 'dc1' })
    return new DescribedSet(folder, network, site, secrets)
  }

  address = (host: HostNumber, kind: 'redis' | 'sentinel' = 'redis'): NodeAddress => ({
    host: `${this.#network}.1${host}`,
    port: kind === 'redis' ? 6379 : 26_379,
  })

  /** Starts a Redis and a Sentinel per host with these files. `command` can wrap a program and its arguments. */
  async start(
    filesOf: (host: HostNumber) => SetFiles,
    command: (args: string[], host: HostNumber) => string[] = (args) => args,
  ): Promise<void> {
    for (const host of HOSTS) {
      const files = filesOf(host)
      const [redis, sentinel] = [join(this.folder, `redis-${host}`), join(this.folder, `sentinel-${host}`)]
      for (const [folder, name, text] of [
        [redis, 'redis.conf', files.redis],
        [sentinel, 'sentinel.conf', files.sentinel],
      ] as const) {
        await mkdir(folder, { recursive: true })
        await writeFile(join(folder, name), text)
      }
      this.processes.start(`redis ${host}`, command(['redis-server', join(redis, 'redis.conf')], host), redis)
      this.processes.start(
        `sentinel ${host}`,
        command(['redis-server', join(sentinel, 'sentinel.conf'), '--sentinel'], host),
        sentinel,
      )
    }
  }

  async ask(address: NodeAddress, as: Credentials, ...commands: string[][]): Promise<Reply[]> {
    const connection = await Connection.open({ address, ...as, connectTimeoutMs: COMMAND_TIMEOUT_MS })
    try {
      const replies: Reply[] = []
      for (const command of commands) replies.push(await connection.send(command, COMMAND_TIMEOUT_MS))
      return replies
    } finally {
      connection.close()
    }
  }

  /** Waits until every Sentinel knows two replicas and two others, and both replicas are linked. */
  async isWhole(primaryName: string, as: { redis: Credentials; sentinel: Credentials }): Promise<void> {
    await eventually(async () => {
      for (const host of HOSTS) {
        const [info] = await this.ask(this.address(host), as.redis, ['INFO', 'replication'])
        expect(String(info)).toMatch(/connected_slaves:2|master_link_status:up/)
        const [known] = await this.ask(this.address(host, 'sentinel'), as.sentinel, [
          'SENTINEL',
          'MASTER',
          primaryName,
        ])
        expect(readMap(known)).toMatchObject({
          'num-slaves': '2',
          'num-other-sentinels': '2',
          flags: 'master',
        })
      }
    }, 40_000)
  }

  async remove(): Promise<void> {
    await this.processes.killAll()
    if (this.#stateHome === undefined) delete process.env['XDG_STATE_HOME']
    else process.env['XDG_STATE_HOME'] = this.#stateHome
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** An application that asks a Sentinel and logs in again for every write: it notices errors that open connections do not. */
export class Writer {
  readonly errors: string[] = []
  written = 0
  #isOn = true
  readonly #ended: Promise<void>

  constructor(write: () => Promise<void>) {
    this.#ended = (async () => {
      while (this.#isOn) {
        await write().then(
          () => {
            this.written += 1
          },
          (error: unknown) => this.errors.push(error instanceof Error ? error.message : String(error)),
        )
        await sleep(15)
      }
    })()
  }

  /** Stops the writer after at least this many attempts. */
  async end(tries = 0): Promise<void> {
    await eventually(async () => expect(this.written + this.errors.length).toBeGreaterThanOrEqual(tries))
    this.#isOn = false
    await this.#ended
  }
}
