import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { addUser } from '@holdfast/gateway/files'
import { findFreePorts, RedisGroup } from '@holdfast/testing'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { within } from '@holdfast/testing/within'
import { generateKeyring } from '@holdfast/tokens'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './build/packages.ts'
import { buildImage, packImage } from './hosts/image.ts'
import type { Release } from './hosts/release.ts'
import { sharedRelease, sharedTree } from './shared-builds.ts'

const run = promisify(execFile)

const PROGRAMS = ['apt-get', 'dpkg-deb', 'umoci', 'runc']
const missing = PROGRAMS.filter((program) => !isThere(program))
const canRun = process.platform === 'linux' && isRoot && missing.length === 0
if (!canRun) console.warn(`The image was not run: this needs Linux, root and ${PROGRAMS}.`)

const USER = 65_532
const HOST = '127.0.0.1'
const START_MS = 60_000
/** A gateway ends within five seconds. */
const STOP_MS = 20_000

describe.runIf(canRun)('the image of the gateway', () => {
  let folder: string
  let release: Release
  let image: ImageConfig
  let group: RedisGroup | undefined
  let containers: Containers

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-image-'))
    release = await sharedRelease()
    const scratch = join(folder, 'scratch')
    const { layout, name } = await buildImage(await sharedTree(), scratch, folder, release)
    await rm(scratch, { recursive: true })
    image = await configOf(layout)
    await run('umoci', ['unpack', '--image', `${layout}:${name}`, join(folder, 'bundle')])
    containers = new Containers(folder)
  }, 240_000)

  afterEach(() => containers?.end())

  afterAll(async () => {
    await containers?.end()
    await group?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('it is also one file, which has the same bytes when it is packed again', async () => {
    const files = ['one.oci.tar', 'two.oci.tar'].map((name) => join(folder, name))
    for (const file of files) await packImage(join(folder, 'image'), file, release)
    const [one, two] = await Promise.all(files.map((file) => readFile(file)))
    expect(two?.equals(one ?? Buffer.alloc(0))).toBe(true)
    const { stdout } = await run('tar', ['--list', '--file', files[0] ?? ''])
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['index.json', 'oci-layout']))
    for (const file of files) await rm(file)
  })

  test('its configuration names its user, its command and its version, as Containerfile does', async () => {
    expect(image).toMatchObject({
      User: `${USER}:${USER}`,
      Entrypoint: ['/usr/lib/holdfast/node', '/usr/lib/holdfast/dist/main.js'],
      Labels: { 'org.opencontainers.image.version': release.version },
    })
    expect(await readContainerfile()).toMatchObject({
      USER: image.User,
      ENTRYPOINT: JSON.stringify(image.Entrypoint),
      CMD: JSON.stringify(image.Cmd),
      WORKDIR: image.WorkingDir,
      VOLUME: Object.keys(image.Volumes).join(' '),
      EXPOSE: Object.keys(image.ExposedPorts).join(' ').replace('/tcp', ''),
      STOPSIGNAL: image.StopSignal,
      LABEL: Object.entries(image.Labels)
        .map(([name, value]) => `${name}=${value === release.version ? '$VERSION' : value}`)
        .join(' '),
    })
  })

  test('it has no shell and no package manager', () => {
    const root = join(folder, 'bundle', 'rootfs')
    for (const program of ['sh', 'bash', 'dash', 'apt-get', 'dpkg', 'holdfast']) {
      for (const place of ['bin', 'sbin', 'usr/bin', 'usr/sbin'])
        expect(existsSync(join(root, place, program)), `${place}/${program}`).toBe(false)
    }
  })

  test('its command runs with the Node of this project', async () => {
    const said = await containers.output([...image.Entrypoint, 'version', '--json'])
    expect(JSON.parse(said)).toMatchObject({ version: release.version, node: process.versions.node })
  }, 60_000)

  test('its user is not root and can write only to its own folder', async () => {
    const [node = ''] = image.Entrypoint
    const said = await containers.output([node, '--eval', LOOK_AROUND])
    expect(JSON.parse(said)).toEqual({
      user: [USER, USER],
      written: { '/': 'EROFS', '/etc/holdfast': 'EROFS', '/tmp': 'ENOENT', '/var/lib/holdfast': 'written' },
    })
  }, 60_000)

  test('the gateway serves, is healthy and stops on SIGTERM', async () => {
    group = await RedisGroup.start()
    const [port = 0] = await findFreePorts(1)
    const etc = await writeConfiguration(folder, port, group)
    const container = await containers.start([...image.Entrypoint, ...image.Cmd], etc)

    const health = await until(container, async () => {
      const response = await fetch(`http://${HOST}:${port}/healthz`)
      return response.ok && (await response.json())
    })
    expect(health).toMatchObject({ server: 'gateway-1' })

    await until(container, async () => (await fetch(`http://${HOST}:${port}/readyz`)).ok)
    await containers.runc('exec', container.id, ...(await healthCheck()))

    await containers.runc('kill', container.id, image.StopSignal)
    expect(await within(container.ended, STOP_MS), container.said()).toBe(0)
  }, 150_000)

  test('the health check fails without a gateway', async () => {
    const [node = ''] = image.Entrypoint
    const [port = 0] = await findFreePorts(1)
    const etc = await writeConfiguration(folder, port)
    const container = await containers.start(
      [node, '--eval', 'console.log(1), setInterval(() => {}, 1000)'],
      etc,
    )
    await until(container, async () => container.said() !== '')
    await expect(containers.runc('exec', container.id, ...(await healthCheck()))).rejects.toMatchObject({
      code: 1,
    })
  }, 60_000)
})

/** Prints who runs it, and what happens when it writes to some folders. */
const LOOK_AROUND = `
const write = (folder) => {
  try {
    fs.writeFileSync(folder + '/new', '')
    return 'written'
  } catch ({ code }) {
    return code
  }
}
const folders = ['/', '/etc/holdfast', '/tmp', '/var/lib/holdfast']
console.log(JSON.stringify({
  user: [process.getuid(), process.getgid()],
  written: Object.fromEntries(folders.map((folder) => [folder, write(folder)])),
}))`

interface ImageConfig {
  User: string
  Entrypoint: string[]
  Cmd: string[]
  WorkingDir: string
  Volumes: Record<string, unknown>
  ExposedPorts: Record<string, unknown>
  StopSignal: string
  Labels: Record<string, string>
}

/** The configuration of the only image of a layout. */
async function configOf(layout: string): Promise<ImageConfig> {
  const read = async (...names: string[]) => JSON.parse(await readFile(join(layout, ...names), 'utf8'))
  const blob = ({ digest }: { digest: string }) => read('blobs', ...digest.split(':'))
  const { manifests } = await read('index.json')
  expect(manifests).toHaveLength(1)
  const { config } = await blob(manifests[0])
  return (await blob(config)).config
}

/** The instructions of the last stage of Containerfile, by name. Lists are written as JSON does. */
async function readContainerfile(): Promise<Record<string, string>> {
  const text = await readFile(join(ROOT, 'tools/hosts/Containerfile'), 'utf8')
  const stage = text
    .slice(text.lastIndexOf('\nFROM '))
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
  const instructions = stage.split('\n').map((line) => [line.split(' ')[0], line.replace(/^\S+ /, '')])
  return Object.fromEntries(
    instructions.map(([name, value = '']) => [
      name,
      value.startsWith('[') ? JSON.stringify(JSON.parse(value)) : value,
    ]),
  )
}

async function healthCheck(): Promise<string[]> {
  const { HEALTHCHECK = '' } = await readContainerfile()
  return JSON.parse(HEALTHCHECK.replace(/^.*? CMD /, ''))
}

/** Writes the files of a gateway, for the user of the image alone. Returns their folder. */
async function writeConfiguration(folder: string, port: number, group?: RedisGroup): Promise<string> {
  const etc = await mkdtemp(join(folder, 'etc-'))
  await addUser(join(etc, 'users.json'), 'ada', 'Tr0ub4dor-and-three')
  const store = { ...(group?.access ?? { sentinels: [{ host: HOST, port: 9 }] }), keyring: generateKeyring() }
  const config = {
    name: 'gateway-1',
    dataCentre: 'dc1',
    listen: { host: HOST, port },
    usersFile: '/etc/holdfast/users.json',
    secureCookies: false,
    store,
  }
  await writeFile(join(etc, 'gateway.json'), JSON.stringify(config), { mode: 0o600 })
  for (const file of ['.', ...(await readdir(etc))]) await chown(join(etc, file), USER, USER)
  return etc
}

interface Container {
  id: string
  /** What the container has written so far. */
  said: () => string
  /** The exit code, once it has ended. */
  ended: Promise<number | null>
}

/** Containers of one image, with a root file system that cannot be changed and the network of this machine. */
class Containers {
  readonly #folder: string
  readonly #running = new Map<string, ChildProcess>()
  #count = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  runc(...args: string[]) {
    return run('runc', ['--root', join(this.#folder, 'runc'), ...args], { timeout: 30_000 })
  }

  /** Runs a command to its end. Throws with its output if it fails. */
  async output(args: string[]): Promise<string> {
    const { ended, stdout, said } = await this.#start(args)
    if ((await within(ended, START_MS)) !== 0) throw new Error(`The container failed: ${said()}`)
    return stdout()
  }

  /** Starts a command. `etc`: the folder that is shown as /etc/holdfast. */
  start(args: string[], etc?: string): Promise<Container> {
    return this.#start(args, etc)
  }

  /** Ends all. */
  async end(): Promise<void> {
    for (const [id, child] of this.#running) {
      await this.runc('delete', '--force', id).catch(() => {})
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    this.#running.clear()
  }

  async #start(args: string[], etc?: string) {
    const id = `holdfast-${process.pid}-${this.#count++}`
    const bundle = join(this.#folder, id)
    await mkdir(bundle)
    const config = await this.#configOf(args, etc)
    await writeFile(join(bundle, 'config.json'), JSON.stringify(config))
    const all = ['--root', join(this.#folder, 'runc'), 'run', '--bundle', bundle, id]
    const child = spawn('runc', all, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.set(id, child)
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (data) => {
      stdout += data
    })
    child.stderr.on('data', (data) => {
      stderr += data
    })
    const ended = once(child, 'close').then(([code]) => code as number | null)
    return { id, ended, stdout: () => stdout, said: () => stdout + stderr }
  }

  /** What `umoci` made of the image, changed as an operator does. */
  async #configOf(args: string[], etc?: string) {
    const bundle = join(this.#folder, 'bundle')
    const config = JSON.parse(await readFile(join(bundle, 'config.json'), 'utf8'))
    const bind = (destination: string, source: string, mode: string) => ({
      destination,
      source,
      type: 'bind',
      options: ['bind', mode],
    })
    const data = '/var/lib/holdfast'
    // An engine fills a volume from the folder of the image, with its owner.
    const volume = bind(data, join(bundle, 'rootfs', data), 'rw')
    const mounts: { destination: string }[] = config.mounts
    const namespaces: { type: string }[] = config.linux.namespaces
    return {
      ...config,
      root: { path: join(bundle, 'rootfs'), readonly: true },
      process: { ...config.process, terminal: false, args },
      mounts: [
        ...mounts.filter(({ destination }) => destination !== data),
        ...[volume, ...(etc === undefined ? [] : [bind('/etc/holdfast', etc, 'ro')])],
      ],
      linux: {
        ...config.linux,
        namespaces: namespaces.filter(({ type }) => type !== 'network'),
      },
    }
  }
}

/** What `look` finds, as soon as it finds something. Throws if that takes too long or the container has ended. */
async function until<T>(container: Container, look: () => Promise<T | false>): Promise<T> {
  const deadline = Date.now() + START_MS
  let hasEnded = false
  void container.ended.then(() => {
    hasEnded = true
  })
  for (;;) {
    const found = await look().catch(() => false as const)
    if (found !== false) return found
    if (hasEnded || Date.now() > deadline) throw new Error(`It did not come in time: ${container.said()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
