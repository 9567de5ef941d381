import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_FOLDER, writeApiReports } from './build/api-report.ts'
import { type Built, build } from './build/build.ts'
import { LICENCES_FILE, packagesInLicences } from './build/licences.ts'
import { ROOT } from './build/packages.ts'
import { billOfMaterials } from './build/sbom.ts'

const run = promisify(execFile)

/** Other tests build at the same time. */
const BUILT = join(ROOT, 'dist', 'packages-test')

/**
 * The library, minified without its dependency, as a bundle contains it. Raise it only with a reason: the last was external
 * sessions (3.6 KiB: their merge exists in TypeScript and in Lua) and registers (1 KiB).
 */
const MOST_GZIP_BYTES = 46 * 1024

let built: Built
let scratch: string

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'holdfast-packages-'))
  built = await build(BUILT)
}, 60_000)

afterAll(async () => {
  for (const folder of [scratch, BUILT]) await rm(folder, { recursive: true, force: true })
})

describe.each(['library', 'command'] as const)('the published %s', (which) => {
  const folder = () => (which === 'library' ? built.library.folder : built.command)

  test('has a manifest in which publint finds nothing', async () => {
    const { messages, pkg } = await publint({ pkgDir: folder(), strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('contains its manifest, README, licence and dist, and nothing else', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: folder() })
    const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }]
    const outside = packed.files.map(({ path }) => path).filter((path) => !path.startsWith('dist/'))
    expect(outside.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json'])
  })

  test('has a bill of materials that names what it contains and what it depends on', async () => {
    const { dependencies } = JSON.parse(await readFile(join(folder(), 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const licences = await readFile(join(folder(), 'dist', LICENCES_FILE), 'utf8').catch(() => '')
    const contained = packagesInLicences(licences)
    expect(Object.keys(contained).length > 50).toBe(which === 'command')
    const { metadata, components } = await billOfMaterials(folder())
    expect(metadata.component.name).toBe(which === 'library' ? '@holdfast/tokens' : 'holdfast')
    const listed = new Set(components.map(({ name, version }) => `${name} ${version}`))
    const needed = Object.entries({ ...contained, ...dependencies }).map((entry) => entry.join(' '))
    expect(needed.filter((one) => !listed.has(one))).toEqual([])
  }, 180_000)

  test('names no folder of the machine that built it', async () => {
    const files = await readdir(join(folder(), 'dist'), { recursive: true, withFileTypes: true })
    const texts = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')),
    )
    expect(texts.length).toBeGreaterThan(2)
    expect(texts.filter((text) => text.includes(ROOT))).toEqual([])
  })
})

describe('the published library', () => {
  test('has types that every way of importing it finds', async () => {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch], {
      cwd: built.library.folder,
    })
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
    // It exits with an error if it finds a problem. Node 22.12 and later load ES modules by `require`, so the package
    // has no second form, and what older ways of resolving would need is left out.
    const attw = join(ROOT, 'node_modules', '.bin', 'attw')
    const checked = await run(attw, ['--profile', 'esm-only', '--no-color', join(scratch, filename)])
    const found = checked.stdout.match(/^(?:node16 \(from ESM\)|bundler): 🟢/gm)
    expect(found).toHaveLength(2 * (Object.keys(built.library.declarations).length + 1))
  }, 60_000)

  test('has types that strict applications of web frameworks accept without a cast', async () => {
    const folder = join(BUILT, 'typed')
    await mkdir(join(folder, 'node_modules', '@holdfast'), { recursive: true })
    await symlink(built.library.folder, join(folder, 'node_modules', '@holdfast', 'tokens'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await writeFile(join(folder, 'app.ts'), APPLICATIONS)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(STRICT))
    await run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['--project', folder])
  }, 60_000)

  test('exports what its API reports say', async () => {
    const folder = join(scratch, 'api')
    await writeApiReports(built.library, folder)
    expect(
      await reportsIn(folder),
      'The public surface has changed. Read the change, and run `npm run docs`.',
    ).toEqual(await reportsIn(API_FOLDER))
  }, 180_000)

  test(`is at most ${MOST_GZIP_BYTES / 1024} KiB when minified and compressed, without its dependency`, async () => {
    const bundle = await rolldown({
      input: join(built.library.folder, 'dist', 'index.js'),
      platform: 'node',
      external: ['@redis/client', /^node:/],
    })
    const { output } = await bundle.generate({ format: 'esm', minify: true })
    await bundle.close()
    const bytes = gzipSync(output.map((part) => ('code' in part ? part.code : '')).join('')).length
    console.log(`the library is ${(bytes / 1024).toFixed(1)} KiB`)
    expect(bytes).toBeGreaterThan(10 * 1024)
    expect(bytes).toBeLessThanOrEqual(MOST_GZIP_BYTES)
  })
})

const STRICT = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  },
  files: ['app.ts'],
}

/** With the types of `request.session`, which the repository itself leaves out. */
const APPLICATIONS = `
import '@holdfast/tokens/express-request'
import '@holdfast/tokens/fastify-request'
import { createMemoryStore, generateKeyring, type Session } from '@holdfast/tokens'
import { sessions as ofExpress } from '@holdfast/tokens/express'
import { sessions as ofFastify } from '@holdfast/tokens/fastify'
import { type SessionEnv, sessions as ofHono } from '@holdfast/tokens/hono'
import { sessions as ofSocketIo } from '@holdfast/tokens/socket-io'
import { sessions as ofWebSockets } from '@holdfast/tokens/websocket'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { Server } from 'socket.io'
import { WebSocketServer } from 'ws'

const store = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
const subjectOf = (session: Session | null) => session?.subject ?? ''

const app = express().use(ofExpress({ store }))
app.get('/', (request, response) => void response.json(subjectOf(request.session)))
const plugged = fastify().register(ofFastify, { store })
plugged.get('/', async (request, reply) => [subjectOf(request.session), await reply.logout()])
new Hono<SessionEnv>().use(ofHono({ store })).get('/', (c) => c.json(subjectOf(c.get('session'))))
ofSocketIo(new Server(), { store })
const auth = ofWebSockets({ store })
const sockets = new WebSocketServer({ noServer: true })
app.listen(0).on('upgrade', (request, socket, head) => void auth.upgrade(sockets, request, socket, head))
`

async function reportsIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted()
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']))
}
