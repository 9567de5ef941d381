import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { run } from '@holdfast/testing/hosts/programs'
import { eventually } from '@holdfast/testing/local/data-centre'
import type { RenderedFile } from '../../../src/render/render-site.ts'
import { controlGroups } from './requirements.ts'

const BOOT = fileURLToPath(new URL('./boot.sh', import.meta.url))

/** The time limit of a command on a host (in seconds). */
const PATIENCE_S = 60
/** The bridge between the host and its neighbours. */
const BRIDGE = 'br0'

export interface HostAddress {
  name: string
  address: string
}

/** The properties of a service that tests read (systemctl(1), `show`). */
const SHOWN = ['ActiveState', 'SubState', 'Result', 'MainPID', 'NRestarts', 'ExecMainStatus'] as const
type UnitState = Record<(typeof SHOWN)[number], string>

/**
 * A host with its own systemd as PID 1, which sees only the programs of this machine and the packages that the test
 * installs. It ends with the test, even if the test is killed. Needs root.
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

  /** `root`: an empty folder. The host is alone in its own network until it gets neighbours. */
  static async boot({ name, address }: HostAddress, root: string): Promise<BootedHost> {
    await mkdir(join(root, 'etc'), { recursive: true })
    // Services with their own users must be able to enter this folder.
    await chmod(root, 0o755)
    for (const [file, text] of Object.entries(ETC)) await writeFile(join(root, 'etc', file), text)
    await writeFile(join(root, 'etc/hostname'), `${name}\n`)
    await copyFile('/etc/ld.so.cache', join(root, 'etc/ld.so.cache'))
    const group = join((await controlGroups()) ?? '', `holdfast-${process.pid}-${name}`)
    const booting = spawn(BOOT, [root, group], {
      stdio: ['pipe', 'pipe', 'inherit'],
      // Not in the process group of the test: Ctrl-C and timeout(1) kill that group, but must not kill the cleanup.
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

  /** Adds a neighbour: a host that is only a network namespace and is removed with this host. */
  async addNeighbour({ name, address }: HostAddress): Promise<void> {
    const ip = (...args: string[]) => this.run('ip', ...args)
    // The name of a network interface has at most 15 characters.
    const port = `to-${address.split('.').at(-1)}`
    await ip('netns', 'add', name)
    await ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    await ip('link', 'set', port, 'master', BRIDGE, 'up')
    await ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
    for (const device of ['lo', 'eth0']) await ip('-n', name, 'link', 'set', device, 'up')
  }

  /** The prefix of a command that runs it in the network of a neighbour, until this host ends. */
  onNeighbour(name: string): string[] {
    return ['nsenter', '--target', this.#pid, '--pid', `--net=/proc/${this.#pid}/root/run/netns/${name}`]
  }

  /** The prefix of a command that runs it in the network of this host, until the host ends. */
  get on(): string[] {
    return ['nsenter', '--target', this.#pid, '--pid', '--net']
  }

  /** The path outside the host for a path of the host. */
  path(onHost: string): string {
    return join(this.#root, onHost)
  }

  /** Installs a .deb by dpkg, with its dependencies checked and its scripts run. Triggers belong to other packages. */
  async installPackage(deb: string): Promise<void> {
    const copy = '/root/package.deb'
    await mkdir(this.path('/root'), { recursive: true })
    await copyFile(deb, this.path(copy))
    await this.run('dpkg', '--install', '--no-triggers', copy)
  }

  /** Installs rendered files. */
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

  /** Runs a program to its end, as root, and returns its output. Throws with the output if it fails. */
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

  /** The journal of a unit, or of all units. */
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
