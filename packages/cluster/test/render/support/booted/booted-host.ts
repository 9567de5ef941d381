import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RenderedFile } from '../../../../src/render/render-site.ts'
import { eventually } from '../../../support/data-centre.ts'
import { run } from '../programs.ts'
import { controlGroups } from './requirements.ts'

const BOOT = fileURLToPath(new URL('boot.sh', import.meta.url))
const REPOSITORY = fileURLToPath(new URL('../../../../../../', import.meta.url))

/** A command on a host may take so long (in seconds). */
const PATIENCE_S = 60
/** Between the host and its neighbours. */
const BRIDGE = 'br0'

export interface HostAddress {
  name: string
  address: string
}

/** What is asked of a service (systemctl(1), `show`). */
const SHOWN = ['ActiveState', 'SubState', 'Result', 'MainPID', 'NRestarts', 'ExecMainStatus'] as const
type UnitState = Record<(typeof SHOWN)[number], string>

/**
 * A host with a systemd of its own as PID 1, which sees the programs of this machine and nothing else of it. It ends with
 * the test, also when that is killed. Needs root.
 */
export class BootedHost {
  readonly #root: string
  readonly #process: ChildProcess
  readonly #pid: string

  private constructor(root: string, process: ChildProcess, pid: string) {
    this.#root = root
    this.#process = process
    this.#pid = pid
  }

  /** `root`: an empty folder. The host is alone in a network of its own, until it gets neighbours. */
  static async boot({ name, address }: HostAddress, root: string): Promise<BootedHost> {
    await mkdir(join(root, 'etc'), { recursive: true })
    // Services with users of their own have to pass here.
    await chmod(root, 0o755)
    for (const [file, text] of Object.entries(ETC)) await writeFile(join(root, 'etc', file), text)
    await writeFile(join(root, 'etc/hostname'), `${name}\n`)
    await copyFile('/etc/ld.so.cache', join(root, 'etc/ld.so.cache'))
    const group = join((await controlGroups()) ?? '', `holdfast-${process.pid}-${name}`)
    const booting = spawn(BOOT, [root, group, REPOSITORY, process.execPath], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Out of the test's process group: what ends that whole (Ctrl-C, timeout(1)) must not end who clears up.
      detached: true,
    })
    const [pid] = await Promise.race([
      once(createInterface(booting.stdout), 'line'),
      once(booting, 'close').then(() => Promise.reject(new Error(`${name} was not booted`))),
    ])
    const host = new BootedHost(root, booting, pid)
    await eventually(() => host.run('systemctl', 'is-system-running', '--quiet'))
    await host.run('ip', 'link', 'add', BRIDGE, 'type', 'bridge')
    await host.run('ip', 'address', 'add', `${address}/24`, 'dev', BRIDGE)
    await host.run('ip', 'link', 'set', BRIDGE, 'up')
    return host
  }

  /** Adds a host that is nothing but a network, beside this one, and ends with it. */
  async addNeighbour({ name, address }: HostAddress): Promise<void> {
    const ip = (...args: string[]) => this.run('ip', ...args)
    // The name of a network interface has 15 characters at most.
    const port = `to-${address.split('.').at(-1)}`
    await ip('netns', 'add', name)
    await ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    await ip('link', 'set', port, 'master', BRIDGE, 'up')
    await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    for (const device of ['lo', 'eth0']) await ip('-n', name, 'link', 'set', device, 'up')
  }

  /** What is put before a command of this machine to run it in the network of a neighbour, until this host ends. */
  onNeighbour(name: string): string[] {
    return ['nsenter', '--target', this.#pid, '--pid', `--net=/proc/${this.#pid}/root/run/netns/${name}`]
  }

  /** What is put before a command of this machine to run it in the network of this host, until it ends. */
  get on(): string[] {
    return ['nsenter', '--target', this.#pid, '--pid', '--net']
  }

  /** Where a path of the host is outside. */
  path(onHost: string): string {
    return join(this.#root, onHost)
  }

  /** Puts rendered files where they belong. */
  async install(files: readonly RenderedFile[]): Promise<void> {
    for (const { installAt, text, mode } of files) {
      if (installAt !== null) await this.write(installAt, text, mode)
    }
  }

  async write(onHost: string, text: string, mode = 0o644): Promise<void> {
    const file = this.path(onHost)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    await chmod(file, mode)
  }

  /** Changes a unit by a drop-in (systemd.unit(5)). */
  async amend(unit: string, lines: string): Promise<void> {
    await this.write(`/etc/systemd/system/${unit}.d/test.conf`, lines)
    await this.run('systemctl', 'daemon-reload')
  }

  /** Runs a program to its end, as root, and answers what it said. Throws when it fails, with what it said. */
  run(...command: string[]): Promise<string> {
    const namespaces = ['--mount', '--pid', '--cgroup', '--ipc', '--uts', '--net']
    const clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin', 'LC_ALL=C', 'SYSTEMD_PAGER=cat']
    const bounded = ['timeout', String(PATIENCE_S), ...command]
    return run('nsenter', ['--target', this.#pid, ...namespaces, ...clean, ...bounded])
  }

  async state(unit: string): Promise<UnitState> {
    const shown = await this.run('systemctl', 'show', `--property=${SHOWN.join()}`, unit)
    return Object.fromEntries(shown.split('\n').map((line) => line.split('='))) as UnitState
  }

  /** What a unit, or everything, has said. */
  journal(...args: string[]): Promise<string> {
    return this.run('journalctl', '--output=cat', '--quiet', ...args)
  }

  async end(): Promise<void> {
    const ended = once(this.#process, 'close')
    this.#process.stdin?.end()
    await ended
  }
}

const ETC = {
  passwd: 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\nnogroup:x:65534:\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  hosts: '127.0.0.1 localhost\n',
  'machine-id': '00112233445566778899aabbccddeeff\n',
}
