import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { addUser, createAdminToken, createGateway, parseGatewayConfig } from '@holdfast/gateway'
import { createMemoryStore, generateKeyring } from '@holdfast/tokens'

export const PAGES = { gateway: 'docs/openapi.json', admin: 'docs/openapi-admin.json' } as const

/** The OpenAPI descriptions of a gateway and of its admin API, as they serve them. */
export async function describeGateway(): Promise<Record<keyof typeof PAGES, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-openapi-'))
  try {
    const usersFile = path.join(folder, 'users.json')
    await addUser(usersFile, 'nobody', 'a-password-that-nobody-uses')
    const keyring = generateKeyring()
    const { token, tokenSha256 } = createAdminToken()
    const config = parseGatewayConfig({
      name: 'gateway',
      dataCentre: 'dc1',
      listen: { host: '127.0.0.1', port: 0 },
      usersFile,
      store: { sentinels: [{ host: '127.0.0.1', port: 26_379 }], keyring },
      limits: { drainMs: 0 },
      metrics: { public: true },
      oauth: { issuer: 'https://login.example.org', clients: [] },
      identities: {
        oidc: {
          issuer: 'https://provider.example.org',
          clientId: 'holdfast',
          clientSecret: 'x'.repeat(32),
          publicUrl: 'https://login.example.org',
        },
      },
      admin: {
        listen: { host: '127.0.0.1', port: 0 },
        administrators: [{ name: 'docs', tokenSha256 }],
      },
    })
    const store = createMemoryStore({ dataCentre: 'dc1', keyring })
    const { app, admin, close } = await createGateway(config, store, { logStream: { write() {} } })
    const asked = { url: '/openapi.json', headers: { authorization: `Bearer ${token}` } }
    const texts = {
      gateway: pretty((await app.inject(asked)).body),
      admin: pretty((await admin?.app.inject(asked))?.body ?? ''),
    }
    await close()
    return texts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const pretty = (json: string) => `${JSON.stringify(JSON.parse(json), null, 2)}\n`

if (import.meta.main) {
  const texts = await describeGateway()
  for (const which of ['gateway', 'admin'] as const) {
    await writeFile(PAGES[which], texts[which])
    console.log(`${PAGES[which]} written`)
  }
}
