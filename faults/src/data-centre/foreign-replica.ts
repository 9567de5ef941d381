import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { HostedProcess } from '../hosts/hosted-process.ts'
import { addressOf, type DataHost, FOREIGN_PLACE, REDIS_PORT } from '../hosts/places.ts'
import { answersPing } from './ask.ts'
import { CAMPAIGN } from './names.ts'

/**
 * Attaches a Redis that is not part of the data centre to a host as a replica, as an operator does for a copy of the
 * data. Sentinel never promotes it.
 */
export async function attachForeignReplica(
  folder: string,
  to: DataHost,
  secrets: Secrets,
): Promise<HostedProcess> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const address = addressOf(FOREIGN_PLACE)
  const file = `${folder}/redis.conf`
  await writeFile(
    file,
    `bind ${address}
bind-source-addr ${address}
port ${REDIS_PORT}
dir ${folder}
masteruser replica
masterauth ${secrets.replica}
replicaof ${addressOf(to)} ${REDIS_PORT}
replica-priority 0
save ""
user default off ~* &* +@all
user ${CAMPAIGN.username} on >${CAMPAIGN.password} ~* &* +@all
user sentinel on >${secrets.sentinel} ~* &* +@all
`,
  )
  const foreign = new HostedProcess({
    place: FOREIGN_PLACE,
    command: ['redis-server', file],
    logFile: `${folder}.log`,
    isReady: () => answersPing(FOREIGN_PLACE),
  })
  await foreign.start()
  return foreign
}
