import { isIPv6 } from 'node:net'
import { run } from './programs.ts'

/**
 * Hosts of a test as network namespaces on one bridge, each with its own address and its own loopback. Needs root.
 */
export class Namespaces {
  readonly #prefix: string
  readonly #made: string[] = []

  private constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** `prefix`: a few letters for the test. The process id makes the names unique. */
  static async create(prefix: string): Promise<Namespaces> {
    const namespaces = new Namespaces(`${prefix}${process.pid}`)
    await namespaces.#add('bridge')
    await namespaces.#ip('bridge', 'link', 'add', 'br0', 'type', 'bridge')
    await namespaces.#ip('bridge', 'link', 'set', 'br0', 'up')
    return namespaces
  }

  async addHost(host: string, address: string): Promise<void> {
    const number = this.#made.length
    const outside = `v${number}`
    await this.#add(host)
    await run('ip', [
      ...['-n', this.#name('bridge'), 'link', 'add', outside, 'type', 'veth'],
      ...['peer', 'name', 'eth0', 'netns', this.#name(host)],
    ])
    await this.#ip('bridge', 'link', 'set', outside, 'master', 'br0', 'up')
    await this.#ip(host, 'addr', 'add', `${address}/${isIPv6(address) ? 64 : 24}`, 'dev', 'eth0', 'nodad')
    await this.#ip(host, 'link', 'set', 'eth0', 'up')
  }

  /** The prefix of a command that runs it on a host. All traffic between hosts passes `br0` of the host `bridge`. */
  on = (host: string): string[] => ['ip', 'netns', 'exec', this.#name(host)]

  /** Runs a program to its end on a host. */
  run(host: string, command: string[]): Promise<string> {
    const [program = '', ...args] = [...this.on(host), ...command]
    return run(program, args)
  }

  async remove(): Promise<void> {
    for (const name of this.#made.reverse()) await run('ip', ['netns', 'del', name])
    this.#made.length = 0
  }

  async #add(host: string): Promise<void> {
    const name = this.#name(host)
    await run('ip', ['netns', 'add', name])
    this.#made.push(name)
    await this.#ip(host, 'link', 'set', 'lo', 'up')
  }

  #ip(host: string, ...args: string[]): Promise<string> {
    return run('ip', ['-n', this.#name(host), ...args])
  }

  #name(host: string): string {
    return `${this.#prefix}-${host}`
  }
}
