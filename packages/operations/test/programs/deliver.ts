import { basename, join } from 'node:path'
import { replaceFile } from '@holdfast/files/replace-file'
import { writeGatewayConfigs } from '@holdfast/local/lifecycle/gateway-files'
import { openLocal } from '@holdfast/local/state/open'
import { writeSecrets } from '@holdfast/local/state/secrets-file'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { loadSite } from '@holdfast/site/check/check-site'
import { renderSite } from '@holdfast/site/render/render-site'
import { loadSecrets } from '@holdfast/site/secrets/load'
import { readSiteCertificates } from '../../src/data-centre/site-certificates.ts'

// Run as a separate process. It renders a site, and gives the processes of a data centre of this machine the files that
// hosts get from configuration management. The processes reload as on a host: gateways detect new files themselves, the
// watchdogs get a reload, and Redis and the Sentinels do not reload.
const [siteFile = '', certificates = '', secretsFolder = '', stateDir = ''] = process.argv.slice(2)
const site = await loadSite(siteFile)
const secrets = await loadSecrets({ kind: 'file', path: secretsFolder }, '/')
const { folder, plan } = await openLocal(stateDir)

/** The processes of this machine that stand for a host. */
const processesOf = (host: string): string[] =>
  host.startsWith('data-') ? ['redis', 'sentinel'].map((kind) => host.replace('data', kind)) : [host]

const ENDINGS: Record<string, string> = { 'host.pem': 'crt', 'host-key.pem': 'key' }

const { of } = await readSiteCertificates(site, certificates)
for (const { host, path, text, mode } of renderSite(site, () => secrets, of)) {
  const ending = ENDINGS[basename(path)]
  if (ending === undefined) continue
  for (const name of processesOf(host))
    await replaceFile(join(folder.certificates, plan.dataCentre.name, `${name}.${ending}`), text, mode)
}
await writeSecrets(folder, secrets)
await writeGatewayConfigs(plan, folder, secrets)
await connectControl(stateDir).reload()
