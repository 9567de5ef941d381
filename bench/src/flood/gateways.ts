import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addUser } from '@holdfast/gateway'
import { findFreePorts } from '@holdfast/testing'
import { formatAddress } from '@holdfast/tokens/address'
import { pause } from '../clock.ts'
import type { DataCentreAccess } from '../data-centre.ts'
import type { Target } from './request.ts'

const HOST = '127.0.0.1'
const READY_MS = 30_000
const COMMAND = join(import.meta.dirname, '../../../packages/cli/src/main.ts')

export interface GatewayProcess extends Target {
  /** Its resident memory now (in bytes). 0 where the system does not tell. */
  memoryBytes(): Promise<number>
  /** The size of its log so far (in bytes). */
  logBytes(): Promise<number>
  /** False when the process has ended by itself. */
  isRunning(): boolean
}

/** Starts gateways as an operator does: by the command, with a configuration file. They end with the stack. */
export async function startGateways(
  stack: AsyncDisposableStack,
  { dataCentre, ...store }: DataCentreAccess,
  options: {
    gateways: number
    users: readonly string[]
    password: string
    issuer: string
    passwordChecks: number
  },
): Promise<GatewayProcess[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-flood-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const usersFile = join(folder, 'users.json')
  for (const name of options.users) await addUser(usersFile, name, options.password)
  const ports = await findFreePorts(options.gateways)
  return Promise.all(
    ports.map(async (port, index) => {
      const name = `gateway-${index + 1}`
      const config = {
        name,
        listen: { host: HOST, port },
        usersFile,
        secureCookies: false,
        trustedProxies: [HOST],
        limits: { passwordChecks: options.passwordChecks },
        identities: { oidc: { issuer: options.issuer, clientId: 'flood', publicUrl: 'http://127.0.0.1:1' } },
        dataCentre,
        store,
      }
      const file = join(folder, `${name}.json`)
      await writeFile(file, JSON.stringify(config), { mode: 0o600 })
      return await startGateway(stack, port, file)
    }),
  )
}

async function startGateway(
  stack: AsyncDisposableStack,
  port: number,
  configFile: string,
): Promise<GatewayProcess> {
  const logFile = `${configFile}.log`
  const log = await open(logFile, 'w')
  const child = spawn(process.execPath, [COMMAND, 'gateway', '--config', configFile], {
    stdio: ['ignore', log.fd, log.fd],
  })
  await log.close()
  const isRunning = () => child.exitCode === null && child.signalCode === null
  stack.defer(async () => {
    if (!isRunning()) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  const deadline = performance.now() + READY_MS
  while (!(await isReady(port))) {
    if (performance.now() > deadline || !isRunning())
      throw new Error(`A gateway did not become ready: ${(await readFile(logFile, 'utf8')).slice(-500)}`)
    await pause(100)
  }
  return {
    host: HOST,
    port,
    isRunning,
    logBytes: async () => (await stat(logFile)).size,
    memoryBytes: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
      return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0)
    },
  }
}

async function isReady(port: number): Promise<boolean> {
  const answer = await fetch(`http://${formatAddress({ host: HOST, port })}/readyz`, {
    signal: AbortSignal.timeout(1000),
  }).catch(() => null)
  return answer?.ok === true
}
