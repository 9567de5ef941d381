import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startOf } from '@holdfast/files/process-identity'
import { leaseNetwork } from '@holdfast/testing/leases'
import { makeTempFolder, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { StartStep } from '../../src/lifecycle/start.ts'
import { stopDataCentre } from '../../src/lifecycle/stop.ts'

const NETWORK = await leaseNetwork()
const STARTING = programFile(new URL('../programs/starting.ts', import.meta.url))
/** Much longer than any of these starts takes to end. Then the test kills it, and its exit code is null. */
const HANGS_MS = 45_000

/** The folder of a data centre that has held data, and a copy of it, from which each test gets it again. */
let stateDir: string
let kept: string
/** What a test has put in the way. */
let servers: Server[]
let programs: string

beforeAll(async () => {
  const dc = await TestDataCentre.create({ network: NETWORK })
  await dc.start()
  await dc.onDisk()
  await dc.stop()
  stateDir = dc.stateDir
  await rm(at('events.log'))
  kept = await makeTempFolder()
  await cp(stateDir, kept, { recursive: true })
}, 60_000)
afterAll(async () => {
  for (const folder of [stateDir, kept]) await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  programs = await makeTempFolder()
  servers = []
  await rm(stateDir, { recursive: true, force: true })
  await cp(kept, stateDir, { recursive: true })
})
afterEach(async () => {
  for (const server of servers) server.close()
  await stopDataCentre(stateDir).catch(() => {})
  // What a failed test has left must not fail the next one.
  for (const pid of await left()) process.kill(pid, 'SIGKILL')
  await rm(programs, { recursive: true, force: true })
})

const at = (...path: string[]) => join(stateDir, ...path)

const replaceIn = async (file: string, what: RegExp, by: string) =>
  writeFile(file, (await readFile(file, 'utf8')).replace(what, by))

const folderInsteadOf = async (...path: string[]) => {
  await rm(at(...path), { recursive: true, force: true })
  await mkdir(at(...path))
}

/** A program that is found first, and runs this. */
const insteadOf = async (name: string, script: string) => {
  await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`)
  await chmod(join(programs, name), 0o755)
}

const failing = (name: string) => insteadOf(name, 'echo no >&2\nexit 7')

/** The start is then still going on when the test acts in its last step. */
const slowBalancer = () =>
  insteadOf('haproxy', `case " $* " in *" -db "*) sleep 1 ;; esac\nPATH=\${PATH#*:} exec haproxy "$@"`)

const listenAt = async (last: number, port: number) => {
  const server = createServer()
  servers.push(server)
  await once(server.listen({ host: `${NETWORK}.${last}`, port, exclusive: true }), 'listening')
}

interface Start {
  child: ChildProcess
  /** Until it prints this. */
  prints: (text: string) => Promise<void>
  ended: Promise<{ code: number | null; stderr: string }>
}

function start({ transport = 'plain', uid }: { transport?: string; uid?: number } = {}): Start {
  const child = spawn(process.execPath, [STARTING, stateDir, NETWORK, transport], {
    env: { ...process.env, PATH: `${programs}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
  })
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (part) => {
    stdout += part
  })
  child.stderr?.on('data', (part) => {
    stderr += part
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), HANGS_MS)
  const ended = once(child, 'close').then(([code]) => {
    clearTimeout(timer)
    return { code, stderr }
  })
  const prints = async (text: string) => {
    while (!stdout.includes(text)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(stderr)
      await sleep(5)
    }
  }
  return { child, prints, ended }
}

/** Those that the start has begun and that still run. */
async function left(): Promise<number[]> {
  const log = await readFile(at('events.log'), 'utf8').catch(() => '')
  const pids = log.split('\n').flatMap((line) => /"event":"started".*"pid":(\d+)/.exec(line)?.[1] ?? [])
  return pids.map(Number).filter((pid) => startOf(pid) !== null)
}

const expectNothingRuns = async () => expect(await left()).toEqual([])

interface Failure {
  /** Breaks the folder before the start. */
  breaks?: () => Promise<unknown>
  /** Happens at the end of the first step, when every address was found free. */
  meanwhile?: () => Promise<unknown>
  options?: Parameters<typeof start>[0]
  says: RegExp
}

const FAILURES: Record<string, Failure> = {
  'the folder is not this user’s to write': {
    ...(process.getuid?.() === 0 ? { options: { uid: 65_534 } } : { breaks: () => chmod(stateDir, 0o500) }),
    says: /^STATE_UNUSABLE .*EACCES/,
  },
  'the topology is no topology': {
    breaks: () => writeFile(at('topology.json'), '{'),
    says: /^STATE_UNUSABLE .*topology\.json/,
  },
  'the secrets are none': {
    breaks: () => writeFile(at('secrets.json'), '{}'),
    says: /^STATE_UNUSABLE .*secrets\.json/,
  },
  'a file cannot be written': {
    breaks: () => folderInsteadOf('gateway-2', 'gateway.json'),
    says: /^STATE_UNUSABLE .*gateway\.json/,
  },
  'a folder is a file': {
    breaks: async () => {
      await rm(at('redis-3', 'data'), { recursive: true })
      await writeFile(at('redis-3', 'data'), '')
    },
    says: /^STATE_UNUSABLE .*redis-3.data/,
  },
  'processes cannot be recorded': {
    breaks: () => folderInsteadOf('processes.json'),
    says: /^STATE_UNUSABLE .*processes\.json/,
  },
  'the control socket cannot be made': {
    breaks: () => mkdir(at('control.sock')),
    says: /^STATE_UNUSABLE .*control\.sock/,
  },
  'a port is taken': {
    breaks: () => listenAt(1, 8080),
    says: new RegExp(`^PORT_IN_USE .*${NETWORK}\\.1:8080 is in use`),
  },
  'the data of all Redis is gone': {
    breaks: async () => {
      for (const name of ['redis-1', 'redis-2', 'redis-3']) await folderInsteadOf(name, 'data')
    },
    says: /^DATA_LOST/,
  },
  'a tunnel fails': {
    breaks: async () => {
      await failing('stunnel')
      await rm(stateDir, { recursive: true })
    },
    options: { transport: 'stunnel' },
    says: /^START_FAILED .*stunnel-\d keeps crashing: exit code 7 /,
  },
  'a redis.conf is wrong': {
    breaks: () => appendFile(at('redis-2', 'redis.conf'), 'bogus\n'),
    says: /^START_FAILED .*redis-2 keeps crashing: exit code 1 /,
  },
  'a log cannot be written': {
    breaks: () => folderInsteadOf('redis-2', 'log'),
    says: /^START_FAILED .*redis-2 keeps crashing: EISDIR/,
  },
  'a Redis has other passwords': {
    breaks: () => replaceIn(at('redis-2', 'users.acl'), /^(user admin on #)\w{8}/m, '$100000000'),
    says: /^START_FAILED .*redis-2 rejects the admin's password/,
  },
  'the Redis program fails in a fresh folder': {
    breaks: async () => {
      await failing('redis-server')
      await rm(stateDir, { recursive: true })
    },
    says: /^START_FAILED .*redis-1 keeps crashing: exit code 7 /,
  },
  'a sentinel.conf is wrong': {
    breaks: () => appendFile(at('sentinel-2', 'sentinel.conf'), 'bogus\n'),
    says: /^START_FAILED .*sentinel-2 keeps crashing: exit code 1 /,
  },
  'a Sentinel has other passwords': {
    breaks: () => replaceIn(at('sentinel-1', 'sentinel.conf'), /^(user admin on .*#)\w{8}/m, '$100000000'),
    says: /^START_FAILED .*sentinel-1 rejects the admin's password/,
  },
  'the data are of another data centre': {
    breaks: () => replaceIn(at('secrets.json'), /("mark": "\w+:)\w{8}/, '$100000000'),
    says: /^DATA_LOST/,
  },
  'the port of a gateway is taken meanwhile': {
    meanwhile: () => listenAt(22, 8080),
    says: /^START_FAILED .*gateway-2 keeps crashing: exit code 1 /,
  },
  'the port of the proxy is taken meanwhile': {
    meanwhile: () => listenAt(2, 6380),
    says: /^START_FAILED .*proxy keeps crashing: exit code 1 /,
  },
  'the port of the balancer is taken meanwhile': {
    meanwhile: () => listenAt(1, 8080),
    says: /^START_FAILED .*balancer keeps crashing: exit code 1 /,
  },
  'the program of the balancer fails': {
    breaks: () => failing('haproxy'),
    says: /^START_FAILED .*balancer keeps crashing: exit code 7 /,
  },
}

// INV-LOCAL-3.
describe('a start ends within seconds, with one error and without a process, when', () => {
  it.each(Object.entries(FAILURES))(
    '%s',
    async (_name, { breaks, meanwhile, options, says }) => {
      await breaks?.()
      const { prints, ended } = start(options)
      if (meanwhile) {
        await prints('folder done')
        await meanwhile()
      }
      const { code, stderr } = await ended
      expect(stderr).toMatch(says)
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(code).toBe(1)
      await expectNothingRuns()
      expect(await stopDataCentre(stateDir).catch(({ code: why }) => why)).toEqual(
        expect.toSatisfy(
          (report) => report === 'NOT_RUNNING' || (report.by === 'nobody' && !report.ended.length),
        ),
      )
    },
    60_000,
  )
})

const STEPS: StartStep[] = ['folder', 'redis', 'sentinels', 'gateways', 'proxy', 'balancer']

// INV-LOCAL-2.
describe('in the middle of the start', () => {
  beforeEach(slowBalancer)

  it.each(STEPS)(
    'of the %s a signal ends everything within seconds',
    async (step) => {
      const { child, prints, ended } = start()
      await prints(`${step} begun`)
      child.kill('SIGTERM')
      expect(await ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^START_ABORTED /) })
      await expectNothingRuns()
      expect(await stopDataCentre(stateDir)).toMatchObject({ by: 'nobody', ended: [] })
    },
    60_000,
  )

  it.each(STEPS)(
    'of the %s `down` ends everything',
    async (step) => {
      const { prints, ended } = start()
      await prints(`${step} begun`)
      expect((await stopDataCentre(stateDir)).by).not.toBe('nobody')
      expect((await ended).stderr).toMatch(/^START_ABORTED /)
      await expectNothingRuns()
    },
    60_000,
  )

  it.each(STEPS)(
    'of the %s `down` ends the processes that a killed start left',
    async (step) => {
      const { child, prints, ended } = start()
      await prints(`${step} begun`)
      child.kill('SIGKILL')
      await ended
      await stopDataCentre(stateDir)
      await expectNothingRuns()
    },
    60_000,
  )
})

it('`down` and a second start find a supervisor whose own file is missing', async () => {
  const { child, prints, ended } = start()
  await prints('ready')
  await rm(at('supervisor.json'))
  const second = start()
  expect((await second.ended).stderr).toMatch(new RegExp(`^ALREADY_RUNNING .*process ${child.pid}`))
  expect(await stopDataCentre(stateDir)).toMatchObject({ by: 'supervisor' })
  await ended
  await expectNothingRuns()
}, 60_000)

it('`down` ends a supervisor whose files and socket are missing, and that would start its processes again', async () => {
  const { prints, ended } = start()
  await prints('ready')
  for (const name of ['supervisor.json', 'control.sock']) await rm(at(name))
  expect((await stopDataCentre(stateDir)).ended).toHaveLength(12)
  await ended
  await expectNothingRuns()
}, 60_000)

it('a silent client of the control socket does not keep the supervisor from ending', async () => {
  const { child, prints, ended } = start()
  await prints('ready')
  const silent = createConnection(at('control.sock'))
  silent.on('error', () => {})
  await once(silent, 'connect')
  child.kill('SIGTERM')
  expect((await ended).code).not.toBeNull()
  silent.destroy()
}, 60_000)
