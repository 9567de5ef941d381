import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { hostsThatRun } from '@holdfast/site/file/site'
import { PORT } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'
import { eventually } from '../local/data-centre.ts'
import { programFile } from '../program-file.ts'
import { ApplicationServer } from './application-server.ts'
import { HOLDFAST, type HostedDataCentre, present } from './hosted-site.ts'

/** A unique text with a readable prefix. */
export const random = (what: string): string => `${what}-${randomBytes(12).toString('hex')}`

/** Starts the gateway and the application of every application host with their rendered files, and waits for them. */
export async function startServers(
  { group, dataCentre }: HostedDataCentre,
  folder: string,
  users: { names: string[]; password: string },
): Promise<ApplicationServer[]> {
  const servers: ApplicationServer[] = []
  for (const { name, address } of hostsThatRun(dataCentre, 'application')) {
    await writeUsers(group.pathOn(name, '/var/lib/holdfast/gateway/users.json'), users)
    const config = group.pathOn(name, '/etc/holdfast/gateway.json')
    group.startOn(name, 'gateway', [...HOLDFAST, 'gateway', '--config', config])
    const environment = `--env-file=${group.pathOn(name, '/etc/holdfast/holdfast.env')}`
    const socket = join(folder, `${name}.sock`)
    const application = [APPLICATION, socket, `http://${formatAddress({ host: address, port: PORT.http })}`]
    group.startOn(name, 'application', [process.execPath, environment, ...application])
    servers.push(new ApplicationServer(socket))
  }
  for (const server of servers) await eventually(() => server.isReady(), 60_000)
  return servers
}

const APPLICATION = programFile(new URL('../programs/application.ts', import.meta.url))

/** The command adds the first user. The other users get a copy of its hash. */
async function writeUsers(file: string, { names, password }: { names: string[]; password: string }) {
  await mkdir(dirname(file), { recursive: true })
  const [program = '', ...args] = [...HOLDFAST, 'users', 'add', '--users-file', file, present(names[0])]
  const adding = promisify(execFile)(program, args)
  adding.child.stdin?.end(`${password}\n`)
  await adding
  const { users } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ users: names.map((name) => ({ ...users[0], name })) }))
}

/**
 * Writes a session as an application does that does not encrypt its data, as the user `platform` of the rendered
 * settings. Returns the texts that it sent: token, content and password.
 */
export async function writeUnsealed(
  { group }: HostedDataCentre,
  from: string,
  primary: string,
): Promise<string[]> {
  const settings = await readFile(group.pathOn(from, '/platform.env'), 'utf8')
  const password = present(/^ITENTIAL_REDIS_PASSWORD='(.*)'$/m.exec(settings)?.[1])
  const [token, content] = [random('token'), random('content')]
  const login = ['--user', 'platform', '--pass', password]
  const answer = await group.ask(from, primary, 'redis', [...login, 'SET', `session:${token}`, content])
  if (answer !== 'OK\n') throw new Error(`The answer to SET was ${answer}`)
  return [token, content, password]
}
