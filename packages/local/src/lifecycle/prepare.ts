import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ClusterError } from '@holdfast/site/errors'
import { readIfThere, writePrivate } from '@holdfast/site/private-file'
import { renderHaproxyCfg } from '@holdfast/site/render/haproxy-cfg'
import { renderStunnelConf } from '@holdfast/site/render/stunnel-conf'
import { generateSecrets, type Secrets } from '@holdfast/site/secrets/secrets'
import { type LocalPlan, localGroup } from '@holdfast/site/topology/local-plan'
import type { DataHostAddress } from '@holdfast/site/topology/topology'
import { DEMO_USER, describe } from '../state/description.ts'
import type { StateFolder } from '../state/folder.ts'
import type { LocalDataCentre } from '../state/open.ts'
import { writePlan } from '../state/saved-plan.ts'
import { readSecrets, writeSecrets } from '../state/secrets-file.ts'
import { issuedFiles, readOperatorTls } from '../state/tls-files.ts'
import { CONFIG_FILES } from '../supervise/plans.ts'
import { seedRedis, seedSentinel } from '../supervise/seeds.ts'
import { writeGatewayConfigs } from './gateway-files.ts'
import { prepareCertificates } from './local-certificates.ts'
import { writeProxyEnvironment } from './proxy-file.ts'

/** A user of the gateways, for the users file. */
export interface NewUser {
  name: string
  password: string
}

/**
 * Writes the files of all processes into the state folder. Secrets, users, and files that Redis and Sentinel rewrite are
 * written once and never again; files that only Holdfast writes are written at each start.
 */
export async function prepareFolder(
  plan: LocalPlan,
  folder: StateFolder,
  writeUsers: (file: string, users: NewUser[]) => Promise<void>,
): Promise<LocalDataCentre> {
  await writePlan(folder, plan)
  const secrets = await loadSecrets(folder, plan.dataCentre.name)
  await prepareCertificates(plan, folder)
  if ((await readIfThere(folder.usersFile)) === null) {
    await writeUsers(folder.usersFile, [{ name: DEMO_USER, password: secrets.demoPassword }])
  }
  await Promise.all([
    ...plan.addresses.dataHosts.map((_, index) => prepareDataHost(plan, index, folder, secrets)),
    writeGatewayConfigs(plan, folder, secrets),
    writeProxyEnvironment(plan, folder, secrets),
    makeFolder(folder.of('balancer')).then(() =>
      writePrivate(join(folder.of('balancer'), CONFIG_FILES.balancer), renderHaproxyCfg(plan)),
    ),
  ])
  const description = describe(plan, folder, secrets)
  await writePrivate(folder.descriptionFile, `${JSON.stringify(description, null, 2)}\n`)
  return { folder, plan, topology: localGroup(plan), secrets, tls: await readOperatorTls(plan, folder) }
}

async function loadSecrets(folder: StateFolder, dataCentre: string): Promise<Secrets> {
  const saved = await readSecrets(folder)
  if (saved !== null) return saved
  if ((await readIfThere(folder.initialisedFile)) !== null) {
    throw new ClusterError(
      'STATE_UNUSABLE',
      `${folder.secretsFile} is missing, and without it the data of this data centre cannot be read. Put the file back, or delete the data centre and its sessions with \`holdfast down --purge\`.`,
    )
  }
  const secrets = generateSecrets(dataCentre)
  await writeSecrets(folder, secrets)
  return secrets
}

async function prepareDataHost(
  plan: LocalPlan,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): Promise<void> {
  const dataHost = plan.addresses.dataHosts[index]
  if (dataHost === undefined) return
  await makeFolder(folder.of(`redis-${index + 1}`))
  await makeFolder(folder.dataOf(`redis-${index + 1}`))
  await makeFolder(folder.of(`sentinel-${index + 1}`))
  if (plan.site.transport === 'stunnel') await prepareTunnel(plan, dataHost, `stunnel-${index + 1}`, folder)
  await seedRedis(plan, index, folder, secrets)
  await seedSentinel(plan, index, folder, secrets)
}

async function prepareTunnel(
  plan: LocalPlan,
  dataHost: DataHostAddress,
  name: string,
  folder: StateFolder,
): Promise<void> {
  await makeFolder(folder.of(name))
  const config = renderStunnelConf(dataHost, name, issuedFiles(plan, folder, name))
  await writePrivate(join(folder.of(name), CONFIG_FILES.stunnel), config)
}

const makeFolder = (path: string) => mkdir(path, { recursive: true, mode: 0o700 })
