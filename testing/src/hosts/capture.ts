import { readFile } from 'node:fs/promises'
import { eventually } from '../local/data-centre.ts'
import type { Namespaces } from './namespaces.ts'
import { Processes } from './programs.ts'

/** A capture of all traffic between the hosts of a test. */
export class Capture {
  readonly #tcpdump = new Processes()
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /** Resolves when the capture is running. */
  static async start(namespaces: Namespaces, file: string): Promise<Capture> {
    const capture = new Capture(file)
    capture.#tcpdump.start('tcpdump', [
      ...namespaces.on('bridge'),
      // Capture whole packets, and write each packet immediately, to a file that root owns.
      ...['tcpdump', '-i', 'br0', '-s', '0', '-U', '-B', '65536', '-Z', 'root', '-w', file],
    ])
    await eventually(async () => {
      if (!capture.#tcpdump.said('tcpdump').includes('listening on br0'))
        throw new Error('tcpdump is not listening.')
    })
    return capture
  }

  end(): Promise<void> {
    return this.#tcpdump.kill('tcpdump', 'SIGINT')
  }

  /** Stops the capture and reads it. Throws if the kernel dropped packets, because the capture is then incomplete. */
  async stop(): Promise<Traffic> {
    await this.end()
    const said = this.#tcpdump.said('tcpdump')
    if (!said.includes('\n0 packets dropped by kernel')) throw new Error(`tcpdump dropped packets: ${said}`)
    return new Traffic(await readFile(this.#file))
  }
}

const FILE_HEADER = 24
const PACKET_HEADER = 16
const ETHERNET_HEADER = 14
const IPV4 = 0x0800
const TCP = 6

/** The captured traffic, in the format of libpcap (https://www.tcpdump.org/manpages/pcap-savefile.5.txt), Ethernet. */
export class Traffic {
  readonly #bytes: Buffer
  /** The bytes in each direction of each connection, so that a text in two packets is found too. */
  readonly #streams = new Map<string, Buffer[]>()
  /** The source and the destination: `10.20.0.11 > 10.20.0.12`. */
  readonly ways = new Set<string>()
  packets = 0
  #searched: Buffer[] | null = null

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    for (let at = FILE_HEADER; at < bytes.length; ) {
      const [captured, whole] = [bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 12)]
      if (captured !== whole) throw new Error('A captured packet is truncated.')
      at += PACKET_HEADER
      this.#note(bytes.subarray(at, at + captured))
      at += captured
    }
  }

  /** Whether a host has sent this text unencrypted to another host. */
  holds(text: string): boolean {
    this.#searched ??= [this.#bytes, ...[...this.#streams.values()].map((parts) => Buffer.concat(parts))]
    return this.#searched.some((bytes) => bytes.includes(text))
  }

  #note(packet: Buffer): void {
    this.packets += 1
    if (packet.readUInt16BE(12) !== IPV4) return
    const ip = packet.subarray(ETHERNET_HEADER)
    const [from, to] = [ip.subarray(12, 16).join('.'), ip.subarray(16, 20).join('.')]
    this.ways.add(`${from} > ${to}`)
    if (ip[9] !== TCP) return
    const tcp = ip.subarray((ip.readUInt8(0) & 15) * 4, ip.readUInt16BE(2))
    const stream = `${from}:${tcp.readUInt16BE(0)} ${to}:${tcp.readUInt16BE(2)}`
    const parts = this.#streams.get(stream) ?? []
    parts.push(tcp.subarray((tcp.readUInt8(12) >> 4) * 4))
    this.#streams.set(stream, parts)
  }
}
