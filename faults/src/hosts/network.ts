import { mkdir } from 'node:fs/promises'
import { run } from './command.ts'
import { type LinkFault, readDroppedPackets, renderLinkRules, renderSentinelRedirect } from './link-rules.ts'
import { addressOf, CONTROL_ADDRESS, PLACES, type Place } from './places.ts'

const portOf = (place: Place) => `port-${place}`

/**
 * The network of a testbed: a bridge in the namespace of this process, and one namespace per place. A veth pair joins
 * each place to the bridge. This process must run in its own network, mount and process namespaces (see
 * isolation.ts). Then the names of the namespaces are private to the run, and all of it ends with the process.
 */
export class Network {
  #faults: LinkFault[] = []
  #named = 0

  static async create(): Promise<Network> {
    // The names of network namespaces are mounts below /run/netns. Our own mount hides them from other processes.
    await run('mount', ['-t', 'tmpfs', 'tmpfs', '/run'])
    await mkdir('/run/netns')
    for (const place of PLACES) await run('ip', ['netns', 'add', place])
    const lines = [
      'link set dev lo up',
      'link add dev bridge type bridge',
      `address add ${CONTROL_ADDRESS}/24 dev bridge`,
      'link set dev bridge up',
      ...PLACES.flatMap((place) => [
        `link add dev ${portOf(place)} type veth peer name eth0 netns ${place}`,
        `link set dev ${portOf(place)} master bridge up`,
      ]),
    ]
    await run('ip', ['-batch', '-'], { input: lines.join('\n') })
    await Promise.all(
      PLACES.map((place) =>
        run('ip', ['-n', place, '-batch', '-'], {
          input: `link set dev lo up\naddress add ${addressOf(place)}/24 dev eth0\nlink set dev eth0 up`,
        }),
      ),
    )
    await run('nft', ['-f', '-'], { input: renderSentinelRedirect() })
    const network = new Network()
    await network.#apply()
    return network
  }

  /** The command that runs a program in a place. The command replaces itself with the program. */
  static commandIn(place: Place): [string, ...string[]] {
    return ['nsenter', `--net=/run/netns/${place}`]
  }

  /** Drops packets on some links until the fault ends. Returns the id of the fault. */
  async dropPackets(links: LinkFault['links'], lossPercent = 100): Promise<string> {
    const id = `f${++this.#named}`
    this.#faults.push({ id, links, lossPercent })
    await this.#apply()
    return id
  }

  /** The number of packets that a fault has dropped. */
  async packetsDroppedBy(id: string): Promise<number> {
    return readDroppedPackets(await run('nft', ['-j', 'list', 'counters'])).get(id) ?? 0
  }

  /** Ends one fault. */
  async heal(id: string): Promise<void> {
    this.#faults = this.#faults.filter((fault) => fault.id !== id)
    await this.#apply()
  }

  /** Limits all traffic to a place to the given number of bits per second, with a queue. */
  async limitRate(place: Place, kilobitsPerSecond: number, queueMs: number): Promise<void> {
    const queueBytes = Math.ceil((kilobitsPerSecond / 8) * queueMs)
    const rate = ['rate', `${kilobitsPerSecond}kbit`, 'burst', '4kb', 'limit', String(queueBytes)]
    await run('tc', ['qdisc', 'add', 'dev', portOf(place), 'root', 'tbf', ...rate])
  }

  /** The number of packets that the limit has delayed. */
  async packetsDelayedAt(place: Place): Promise<number> {
    const text = await run('tc', ['-s', 'qdisc', 'show', 'dev', portOf(place)])
    return Number(/overlimits (\d+)/.exec(text)?.[1] ?? 0)
  }

  async removeRateLimit(place: Place): Promise<void> {
    await run('tc', ['qdisc', 'del', 'dev', portOf(place), 'root'])
  }

  async #apply(): Promise<void> {
    await run('nft', ['-f', '-'], { input: renderLinkRules(this.#faults) })
  }
}
