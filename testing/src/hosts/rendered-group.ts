import { PERIODS_COMMAND } from '@holdfast/agent/watchdog/sentinel-settings'
import type { RenderedFile } from '@holdfast/site/render/render-site'
import { expect } from 'vitest'
import { eventually } from '../local/data-centre.ts'
import { PlacedHost } from './placed-host.ts'
import { Processes, run } from './programs.ts'

export interface GroupOptions {
  files: readonly RenderedFile[]
  folder: string
  /** The hosts that run Redis and Sentinel, with the addresses that these announce. */
  hosts: { name: string; address: string }[]
  /** Additional hosts whose files are needed. */
  others?: string[]
  /** The prefix of a command that runs it on a host. */
  on?: (host: string) => string[]
  /** The arguments with which `redis-cli` connects. */
  cliArgs: (placed: PlacedHost, service: 'redis' | 'sentinel') => string[]
}

const PORTS = { redis: '6379', sentinel: '26379' } as const

/** Three Redis and three Sentinels that run with the rendered files only. */
export class RenderedGroup {
  readonly processes = new Processes()
  readonly #placed = new Map<string, PlacedHost>()
  readonly #options: GroupOptions

  private constructor(options: GroupOptions) {
    this.#options = options
  }

  static async place(options: GroupOptions): Promise<RenderedGroup> {
    const group = new RenderedGroup(options)
    for (const name of [...options.hosts.map((host) => host.name), ...(options.others ?? [])]) {
      group.#placed.set(name, await PlacedHost.place(options.files, name, options.folder))
    }
    return group
  }

  start(): void {
    for (const { name } of this.#options.hosts) {
      this.startRedis(name)
      this.startSentinel(name)
    }
  }

  startRedis(host: string): void {
    this.startOn(host, 'redis', ['redis-server', this.pathOn(host, '/var/lib/holdfast/redis/redis.conf')])
  }

  startSentinel(host: string): void {
    const conf = this.pathOn(host, '/var/lib/holdfast/sentinel/sentinel.conf')
    this.startOn(host, 'sentinel', ['redis-server', conf, '--sentinel'], { restart: true })
  }

  /** Sets the periods of each Sentinel as its watchdog does. By default, a Sentinel looks for replicas every 10 s. */
  async quickenSentinels(): Promise<void> {
    for (const { name, address } of this.#options.hosts) {
      await eventually(async () => {
        expect(await this.ask(name, address, 'sentinel', [...PERIODS_COMMAND])).toBe('OK\n')
      })
    }
  }

  startOn(host: string, service: string, command: string[], options: { restart?: boolean } = {}): void {
    const onHost = [...(this.#options.on?.(host) ?? []), ...command]
    // The configuration in the document does not set a data folder.
    this.processes.start(`${host} ${service}`, onHost, this.pathOn(host, '.'), options)
  }

  pathOn(host: string, path: string): string {
    return this.#find(host).path(path)
  }

  /** Sends a command from a host to the Redis or Sentinel at an address. */
  async ask(
    from: string,
    address: string,
    service: 'redis' | 'sentinel',
    command: string[],
  ): Promise<string> {
    const { on, cliArgs } = this.#options
    const [program = '', ...args] = [
      ...(on?.(from) ?? []),
      ...['redis-cli', '--no-auth-warning', '-h', address, '-p', PORTS[service]],
      ...cliArgs(this.#find(from), service),
      ...command,
    ]
    return run(program, args)
  }

  /** Waits until, as seen from a host, this address is the primary of two replicas and every Sentinel names it. */
  async agreesOn(from: string, primary: string, replicas: number, timeoutMs: number): Promise<void> {
    await eventually(async () => {
      const info = await this.ask(from, primary, 'redis', ['INFO', 'replication'])
      expect(info).toContain('role:master')
      expect(info.match(/state=online/g)).toHaveLength(replicas)
      const { hosts } = this.#options
      for (const { address } of hosts) {
        const named = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster']
        expect(await this.ask(from, address, 'sentinel', named)).toContain(`${primary}\n6379`)
        const master = await this.ask(from, address, 'sentinel', ['SENTINEL', 'MASTER', 'mymaster'])
        expect(master).toMatch(/num-slaves\n2\n/)
        const quorum = await this.ask(from, address, 'sentinel', ['SENTINEL', 'CKQUORUM', 'mymaster'])
        expect(quorum).toContain(`OK ${hosts.length} usable Sentinels`)
      }
    }, timeoutMs)
  }

  /** The address of the primary that a Sentinel names. */
  async primaryNamedBy(from: string, sentinel: string): Promise<string> {
    const command = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster']
    return (await this.ask(from, sentinel, 'sentinel', command)).split('\n')[0] ?? ''
  }

  #find(host: string): PlacedHost {
    const found = this.#placed.get(host)
    if (found === undefined) throw new Error(`The host ${host} does not have files.`)
    return found
  }
}
