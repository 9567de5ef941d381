import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openLocal } from '@holdfast/local/state/open'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { makeTempFolder, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { Connection } from '@holdfast/tokens/redis'
import type { SitePlace } from '../../src/data-centre/open-site.ts'

const DELIVER = programFile(new URL('../programs/deliver.ts', import.meta.url))

interface SitedOptions {
  /** The first three numbers of its addresses. */
  network: string
  /** Further lines of the site's file, besides its engine and its data centres. */
  more?: string
  /** The hosts of `dc1`, one line per host. Default is three with Redis and Sentinel, and four gateways. */
  hosts?: string[]
  /** Further data centres. */
  others?: string
  /** Runs before the data centre starts. */
  adjust?: (dc: TestDataCentre) => void
}

/**
 * A data centre of this machine, with TLS, that tests operate as if its hosts were elsewhere: by a site's file, with copies of
 * its secrets and its authority. The state of these operations is in a separate folder.
 */
export class Sited {
  readonly dc: TestDataCentre
  readonly folder: string
  readonly place: SitePlace & { certificates: string }
  /** Delivers the rendered files to the processes, as a deployment would to hosts. */
  readonly deliverCommand: string
  readonly #stateHome: string | undefined

  private constructor(dc: TestDataCentre, folder: string, stateHome: string | undefined) {
    this.dc = dc
    this.folder = folder
    this.#stateHome = stateHome
    this.place = { siteFile: join(folder, 'holdfast.yaml'), certificates: join(folder, 'certificates') }
    const { siteFile, certificates } = this.place
    const args = [siteFile, certificates, join(folder, 'secrets'), dc.stateDir]
    this.deliverCommand = [process.execPath, DELIVER, ...args].join(' ')
  }

  static async start(options: SitedOptions): Promise<Sited> {
    const folder = await makeTempFolder()
    const stateHome = process.env['XDG_STATE_HOME']
    process.env['XDG_STATE_HOME'] = join(folder, 'state')
    const dc = await TestDataCentre.create({ network: options.network, transport: 'tls' })
    options.adjust?.(dc)
    const sited = new Sited(dc, folder, stateHome)
    try {
      await dc.start()
      await sited.#write(options)
      await sited.#removePlatform()
      return sited
    } catch (error) {
      await sited.remove()
      throw error
    }
  }

  async #write(options: SitedOptions): Promise<void> {
    const { siteFile, certificates } = this.place
    await writeFile(siteFile, textOf(options))
    await mkdir(join(this.folder, 'secrets'), { mode: 0o700 })
    await cp(join(this.dc.stateDir, 'secrets.json'), this.secretsFile)
    await mkdir(join(certificates, 'dc1'), { recursive: true, mode: 0o700 })
    for (const file of ['ca.crt', 'ca.key', 'operator.crt', 'operator.key'])
      await cp(join(this.dc.stateDir, 'certificates', 'dc1', file), join(certificates, 'dc1', file))
  }

  /** A data centre of this machine has the user of applications without the library, and the hosts of the file have none. */
  async #removePlatform(): Promise<void> {
    const { secrets, tls } = await openLocal(this.dc.stateDir)
    for (const host of this.dc.topology.dataHosts) {
      for (const [address, password, save] of [
        [redisAddress(host), secrets.admin, ['ACL', 'SAVE']],
        [sentinelAddress(host), secrets.sentinelAdmin, ['SENTINEL', 'FLUSHCONFIG']],
      ] as const) {
        const access = { username: 'admin', password, ...(tls && { tls }) }
        const connection = await Connection.open({ address, ...access, connectTimeoutMs: 15_000 })
        await connection.send(['ACL', 'DELUSER', 'platform'], 3000)
        await connection.send([...save], 3000)
        connection.close()
      }
    }
  }

  get secretsFile(): string {
    return join(this.folder, 'secrets', 'secrets.json')
  }

  async secrets(): Promise<Secrets> {
    return JSON.parse(await readFile(this.secretsFile, 'utf8'))
  }

  /** Delivers once, as operators do between two stages of a rotation. */
  async deliver(): Promise<void> {
    await promisify(execFile)('/bin/sh', ['-c', this.deliverCommand])
  }

  async remove(): Promise<void> {
    if (this.#stateHome === undefined) delete process.env['XDG_STATE_HOME']
    else process.env['XDG_STATE_HOME'] = this.#stateHome
    await this.dc.remove()
    await rm(this.folder, { recursive: true, force: true })
  }
}

const textOf = ({ network, more = '', hosts = hostsOf(network), others = '' }: SitedOptions) => `
version: 1
engine: redis 7.0
transport: tls
timings: fast
${more}
dataCentres:
  dc1:
    secrets: { file: ./secrets }
    hosts:
${hosts.map((host) => `      - ${host}`).join('\n')}
${others}
`

const hostsOf = (network: string): string[] => [
  ...[1, 2, 3].map((n) => `{ name: data-${n}, address: ${network}.1${n}, runs: [redis, sentinel] }`),
  ...[1, 2, 3, 4].map((n) => `{ name: gateway-${n}, address: ${network}.2${n}, runs: [gateway] }`),
]
