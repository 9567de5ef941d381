import { basename, join } from 'node:path'
import { connectControl, loadSecrets, loadSite, readSiteCertificates, renderSite } from '../../src/index.ts'
import { writeGatewayConfigs } from '../../src/operate/gateway-files.ts'
import { openLocal } from '../../src/state/open.ts'
import { replaceFile } from '../../src/state/private-file.ts'
import { writeSecrets } from '../../src/state/secrets-file.ts'

// Run as a separate process. It renders a site, and gives the processes of a data centre of this machine the files that
// hosts get from configuration management. The processes reload as on a host: gateways detect new files themselves, the
// watchdogs get a reload, and Redis and the Sentinels do not reload.
const [siteFile = '', certificates = '', secretsFolder = '', stateDir = ''] = process.argv.slice(2)
const site = await loadSite(siteFile)
const secrets = await loadSecrets({ kind: 'file', path: secretsFolder }, '/')
const { folder, topology } = await openLocal(stateDir)

/** The processes of this machine that stand for a host. */
const processesOf = (host: string): string[] =>
  host.startsWith('data-') ? ['redis', 'sentinel'].map((kind) => host.replace('data', kind)) : [host]

const ENDINGS: Record<string, string> = { 'host.pem': 'crt', 'host-key.pem': 'key' }

const { of } = await readSiteCertificates(site, certificates)
for (const { host, path, text, mode } of renderSite(site, () => secrets, of)) {
  const ending = ENDINGS[basename(path)]
  if (ending === undefined) continue
  for (const name of processesOf(host))
    await replaceFile(join(folder.certificates, topology.name, `${name}.${ending}`), text, mode)
}
await writeSecrets(folder, secrets)
await writeGatewayConfigs(topology, folder, secrets)
await connectControl(stateDir).reload()
