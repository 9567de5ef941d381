import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findFreePorts, RedisGroup, TEST_USERS } from '@holdfast/testing'
import { leaseNetwork } from '@holdfast/testing/leases'
import { generateKeyring } from '@holdfast/tokens'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { withoutTimeLimits } from '../packages/cli/test/holdfast.ts'
import { buildLibrary } from './build/build.ts'
import { Consumer } from './build/consumer.ts'
import { ROOT } from './build/packages.ts'
import { Registry } from './build/registry.ts'
import { sharedCommand } from './shared-builds.ts'

/** Other tests build at the same time. */
const BUILT = join(ROOT, 'dist', 'consumers-test')

/** What an application does, with the options of its environment. */
const SESSION = `
const store = createRedisStore(JSON.parse(process.env.HOLDFAST_OPTIONS))
await store.ready({ timeoutMs: 20000 })
const { token } = await store.issue({ subject: 'ann', claims: { role: 'editor' } })
const before = await store.verify(token)
await store.revoke(token)
const after = await store.verify(token)
await store.close()
console.log(before.status, after.status)
`
const IMPORT = "import { createRedisStore } from '@holdfast/tokens'\n"
const REQUIRE = "const { createRedisStore } = require('@holdfast/tokens')\n"

let folder: string
let registry: Registry
let group: RedisGroup
let options: string

/** The steps that each environment completed. A dash: another environment shows it. */
const STEPS = ['install', 'import', 'issue, verify, revoke', 'types'] as const
const SESSION_STEPS = ['install', 'import', 'issue, verify, revoke'] as const
const table: Record<string, Record<string, string>> = {}
function completed(environment: string, ...steps: (typeof STEPS)[number][]): void {
  table[environment] = Object.fromEntries(STEPS.map((step) => [step, steps.includes(step) ? 'yes' : '-']))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-consumers-'))
  const [[port = 0], library, started] = await Promise.all([
    findFreePorts(1),
    buildLibrary(BUILT),
    RedisGroup.start(),
  ])
  group = started
  registry = await Registry.start(join(folder, 'registry'), port)
  for (const published of [library.folder, sharedCommand()]) await registry.publish(published)
  options = JSON.stringify({
    dataCentre: 'dc1',
    keyring: generateKeyring(),
    sentinels: group.sentinels.map(({ address }) => address),
    ...TEST_USERS.app,
    sentinelUsername: TEST_USERS.app.username,
    sentinelPassword: TEST_USERS.app.password,
  })
}, 180_000)

afterAll(async () => {
  console.table(table)
  registry?.stop()
  await group?.stop()
  for (const made of [folder, BUILT]) await rm(made, { recursive: true, force: true })
})

describe('the library, installed into an empty project', () => {
  let consumer: Consumer
  const inEnvironment = () => ({ HOLDFAST_OPTIONS: options })

  beforeAll(async () => {
    consumer = await Consumer.create(join(folder, 'library'), registry, {
      'package.json': { name: 'shop', private: true, type: 'module' },
      'esm.mjs': IMPORT + SESSION,
      'required.cjs': `${REQUIRE}async function main() {${SESSION}}\nmain()\n`,
      'typed.ts': TYPED,
      'tsconfig.json': STRICT,
    })
    await consumer.npm(
      'install',
      '@holdfast/tokens',
      'node@22.12.0',
      'typescript@5',
      '@types/node@22',
      'esbuild',
      'bun',
      'deno',
    )
  }, 240_000)

  const NODES = { 'Node 22.12': () => consumer.bin('node'), 'Node 24': () => process.execPath }
  for (const [name, node] of Object.entries(NODES)) {
    test.each(['esm.mjs', 'required.cjs'])(`runs on ${name} from %s`, async (file) => {
      expect(await consumer.run(node(), [file], inEnvironment())).toBe('active inactive\n')
      completed(`${name}, ${file === 'esm.mjs' ? 'import' : 'require()'}`, ...SESSION_STEPS)
    })
  }

  test('has types that a strict project accepts', async () => {
    await consumer.run(consumer.bin('tsc'), ['--project', '.'])
    expect(await consumer.run(consumer.bin('node'), ['out/typed.js'], inEnvironment())).toBe(
      'active inactive\n',
    )
    completed('TypeScript, strict', ...STEPS)
  }, 120_000)

  test('runs from a bundle of esbuild', async () => {
    const args = ['esm.mjs', '--bundle', '--platform=node', '--format=esm', '--outfile=bundle/app.mjs']
    await consumer.run(consumer.bin('esbuild'), [...args, `--banner:js=${REQUIRE_IN_A_BUNDLE}`])
    expect(await consumer.run(process.execPath, ['bundle/app.mjs'], inEnvironment())).toBe(
      'active inactive\n',
    )
    completed('bundle of esbuild', ...SESSION_STEPS)
  })

  test('runs on Bun', async () => {
    expect(await consumer.run(consumer.bin('bun'), ['esm.mjs'], inEnvironment())).toBe('active inactive\n')
    completed('Bun', ...SESSION_STEPS)
  })

  test('runs on Deno', async () => {
    const args = ['run', '--allow-all', '--node-modules-dir=manual', 'esm.mjs']
    expect(await consumer.run(consumer.bin('deno'), args, inEnvironment())).toBe('active inactive\n')
    completed('Deno', ...SESSION_STEPS)
  })
})

describe('the library in a Next.js application', () => {
  test('is bundled by Turbopack into a standalone server, which serves a login', async () => {
    const consumer = await Consumer.create(join(folder, 'next'), registry, {
      'package.json': { name: 'shop', private: true, type: 'module' },
      'next.config.mjs':
        "export default { output: 'standalone', outputFileTracingRoot: import.meta.dirname }\n",
      'app/layout.js': 'export default ({ children }) => <html><body>{children}</body></html>\n',
      'app/session/route.js': `${IMPORT}${ROUTE}`,
    })
    await consumer.npm('install', '@holdfast/tokens', 'next@16', 'react@19', 'react-dom@19')
    await consumer.run(consumer.bin('next'), ['build'], { NEXT_TELEMETRY_DISABLED: '1' })
    const [port = 0] = await findFreePorts(1)
    const server = spawn(process.execPath, ['.next/standalone/server.js'], {
      cwd: consumer.folder,
      env: { ...process.env, HOSTNAME: '127.0.0.1', PORT: String(port), HOLDFAST_OPTIONS: options },
      stdio: 'ignore',
    })
    onTestFinished(() => void server.kill())
    await expect
      .poll(() => textOf(`http://127.0.0.1:${port}/session`), { timeout: 30_000 })
      .toBe('active inactive')
    completed('Next.js, standalone', ...SESSION_STEPS)
  }, 240_000)
})

const textOf = (url: string): Promise<string> =>
  fetch(url).then(
    (answer) => answer.text(),
    (error: Error) => error.message,
  )

const ROUTE = `
export const dynamic = 'force-dynamic'
export async function GET() {
${SESSION.replace(/console\.log\((.*)\)/, (_, values: string) => `return new Response([${values}].join(' '))`)}
}
`

/** `@redis/client` is CommonJS: in a bundle with ES modules it needs a `require`. */
const REQUIRE_IN_A_BUNDLE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"

const TYPED = `import { createRedisStore, type TokenStore, type Verification } from '@holdfast/tokens'
import { sessions } from '@holdfast/tokens/express'
${SESSION.replace('const store =', 'const store: TokenStore =')
  .replace('process.env.HOLDFAST_OPTIONS', "process.env['HOLDFAST_OPTIONS'] ?? ''")
  .replace('const before =', 'const before: Verification =')}
export const middleware = sessions({ store })
`

const STRICT = {
  compilerOptions: {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    outDir: 'out',
    types: ['node'],
  },
  files: ['typed.ts'],
}

describe('the command, installed with npm install --global', () => {
  let prefix: string
  let consumer: Consumer
  let stateDir: string
  let installedMs: number
  const holdfast = (...args: string[]) => {
    const path = `${join(prefix, 'bin')}:${dirname(process.execPath)}:${process.env['PATH']}`
    return consumer.run(join(prefix, 'bin', 'holdfast'), args, {
      PATH: path,
      XDG_CACHE_HOME: join(folder, 'cache'),
    })
  }

  beforeAll(async () => {
    prefix = join(folder, 'global')
    stateDir = join(folder, 'state')
    consumer = await Consumer.create(join(folder, 'operator'), registry, {
      'package.json': { private: true },
    })
    const beganMs = performance.now()
    await consumer.npm('install', '--global', '--prefix', prefix, 'holdfast')
    installedMs = performance.now() - beganMs
  }, 180_000)

  test('names its version, and starts with the same help as in the repository', async () => {
    expect(await holdfast('--version')).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(await holdfast('--help')).toContain('Usage: holdfast <command> [options]')
  })

  test('runs a data centre, a login and a drill', async () => {
    const place = ['--name', 'consumer', '--state-dir', stateDir]
    onTestFinished(async () => {
      await holdfast('down', ...place).catch(() => {})
    })
    const beganMs = performance.now()
    const described = await holdfast('up', '--detach', '--json', '--network', await leaseNetwork(), ...place)
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
    console.log(
      `npm install --global: ${seconds(installedMs)}, holdfast up: ${seconds(performance.now() - beganMs)}`,
    )
    const { balancer, user, password } = JSON.parse(described)
    const answer = await fetch(`${balancer}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: user, password, response_type: 'token' }),
    })
    expect(await answer.json()).toMatchObject({ token: expect.any(String) })
    const drill = ['drill', '--kill', 'primary', ...(await withoutTimeLimits(folder))]
    expect(await holdfast(...drill, ...place)).toContain('No user noticed')
    expect(await holdfast('down', ...place)).toContain('Stopped')
  }, 180_000)

  test('tells an older Node in one sentence what it needs', async () => {
    const main = join(prefix, 'lib', 'node_modules', 'holdfast', 'dist', 'main.js')
    await consumer.npm('install', 'node@20')
    const refused = await consumer.run(consumer.bin('node'), [main, '--help']).catch((error: Error) => error)
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Holdfast needs Node [^\n]*\n$/),
    })
  })
})
