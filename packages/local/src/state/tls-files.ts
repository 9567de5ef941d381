import { join } from 'node:path'
import { readTlsFiles } from '@holdfast/agent/redis/tls-files'
import type { TlsFiles } from '@holdfast/site/render/node-plan'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import type { TlsOptions } from '@holdfast/tokens/redis'
import type { StateFolder } from './folder.ts'

/** The holder of the certificate that the commands of this machine present. */
export const OPERATOR = 'operator'

/** The certificate files of a process; null when the processes do not use TLS themselves. */
export function tlsFilesOf(plan: LocalPlan, folder: StateFolder, holder: string): TlsFiles | null {
  return plan.site.transport === 'tls' ? issuedFiles(plan, folder, holder) : null
}

/** The certificate files of this holder. */
export function issuedFiles(plan: LocalPlan, folder: StateFolder, holder: string): TlsFiles {
  const of = (file: string) => join(folder.certificates, plan.dataCentre.name, file)
  return { authority: of('ca.crt'), certificate: of(`${holder}.crt`), key: of(`${holder}.key`) }
}

/** Reads the certificate of this machine's commands; null when the processes do not use TLS. Throws `STATE_UNUSABLE`. */
export async function readOperatorTls(plan: LocalPlan, folder: StateFolder): Promise<TlsOptions | null> {
  const files = tlsFilesOf(plan, folder, OPERATOR)
  if (files === null) return null
  return readTlsFiles(files, 'Start the data centre with `holdfast up`: it issues missing certificates.')
}
