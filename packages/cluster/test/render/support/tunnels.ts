import { rm } from 'node:fs/promises'
import { eventually } from '../../support/data-centre.ts'
import type { Namespaces } from './namespaces.ts'
import type { RenderedGroup } from './rendered-group.ts'

/** The tunnels of a test's hosts, by WireGuard in user space: the kernel may have none. */
export class Tunnels {
  readonly #devices: string[] = []
  readonly #namespaces: Namespaces

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces
  }

  /** Makes `hf0` of a host from its rendered `hf0.setconf`, with an address such as `10.99.0.11`. */
  async start(group: RenderedGroup, host: string, address: string): Promise<void> {
    // Control sockets are in one folder, which namespaces of the network do not part: `wireguard-go` ends at once when
    // another run of a test has the name.
    const device = `hf${process.pid % 10_000}-${this.#devices.length}`
    this.#devices.push(device)
    const on = (...command: string[]) => this.#namespaces.run(host, command)
    const configure = async () => {
      group.startOn(host, 'wireguard', ['wireguard-go', '-f', device])
      await eventually(() => on('wg', 'setconf', device, group.pathOn(host, '/hf0.setconf')), 5000)
    }
    // Several that start at once may find the folder of their sockets gone, and end: seen once in some thirty runs.
    await configure().catch(async () => {
      await group.processes.kill(`${host} wireguard`)
      await configure()
    })
    await on('ip', 'link', 'set', device, 'name', 'hf0')
    await on('ip', 'addr', 'add', `${address}/24`, 'dev', 'hf0')
    await on('ip', 'link', 'set', 'hf0', 'up')
  }

  /** Of a `wireguard-go` that was killed the control socket stays. */
  async remove(): Promise<void> {
    for (const device of this.#devices) await rm(`/var/run/wireguard/${device}.sock`, { force: true })
  }
}
