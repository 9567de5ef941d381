import { rm } from 'node:fs/promises'
import { eventually } from '../local/data-centre.ts'
import type { Namespaces } from './namespaces.ts'
import type { RenderedGroup } from './rendered-group.ts'

/** The tunnels of the hosts of a test, with WireGuard in user space, because the kernel may not have it. */
export class Tunnels {
  readonly #devices: string[] = []
  readonly #namespaces: Namespaces

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces
  }

  /** Creates `hf0` of a host from its rendered `hf0.setconf`, with an address such as `10.99.0.11`. */
  async start(group: RenderedGroup, host: string, address: string): Promise<void> {
    // All network namespaces share the folder of control sockets: `wireguard-go` exits at once if another run of a test
    // uses the name.
    const device = `hf${process.pid % 10_000}-${this.#devices.length}`
    this.#devices.push(device)
    const on = (...command: string[]) => this.#namespaces.run(host, command)
    const configure = async () => {
      group.startOn(host, 'wireguard', ['wireguard-go', '-f', device])
      await eventually(() => on('wg', 'setconf', device, group.pathOn(host, '/hf0.setconf')), 5000)
    }
    // If several `wireguard-go` start at the same time, one of them may find that the folder of their sockets is
    // gone, and exit. This happens about once in thirty runs.
    await configure().catch(async () => {
      await group.processes.kill(`${host} wireguard`)
      await configure()
    })
    await on('ip', 'link', 'set', device, 'name', 'hf0')
    await on('ip', 'addr', 'add', `${address}/24`, 'dev', 'hf0')
    await on('ip', 'link', 'set', 'hf0', 'up')
  }

  /** The control socket of a killed `wireguard-go` remains. */
  async remove(): Promise<void> {
    for (const device of this.#devices) await rm(`/var/run/wireguard/${device}.sock`, { force: true })
  }
}
