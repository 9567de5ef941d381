import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { operatedSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { Namespaces } from '@holdfast/testing/hosts/namespaces'
import { isRoot, isThere, Processes, run } from '@holdfast/testing/hosts/programs'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXPOSURE } from '../../src/render/systemd/parts.ts'

const golden = (path: string) => new URL(`./golden/sites/${path}`, import.meta.url).pathname

let folder: string

beforeAll(async () => {
  folder = await makeTempFolder()
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Copies a golden file, with a certificate of the test. */
async function withCertificate(path: string): Promise<string> {
  const certificate = join(folder, 'web.pem')
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=web', '-keyout', certificate, '-out', join(folder, 'web-certificate.pem')],
  ])
  const text = await readFile(join(folder, 'web-certificate.pem'), 'utf8')
  await writeFile(certificate, text + (await readFile(certificate, 'utf8')))
  const file = join(folder, path.split('/').pop() ?? path)
  await writeFile(
    file,
    (await readFile(golden(path), 'utf8')).replaceAll('/etc/holdfast/tls/web.pem', certificate),
  )
  return file
}

it('HAProxy accepts haproxy.cfg', async () => {
  await run('haproxy', ['-c', '-f', await withCertificate('tls/dc1/dc1-balancer/haproxy.cfg')])
})

// `npm start` installs HAProxy, not nginx.
it.skipIf(!isThere('nginx'))('nginx accepts nginx.conf', async () => {
  const file = await withCertificate('tls/dc1/dc1-balancer/nginx.conf')
  expect(
    await run('nginx', ['-t', '-e', '/dev/null', '-g', `pid ${folder}/nginx.pid;`, '-c', file]),
  ).toContain('test is successful')
})

// `npm start` needs no firewall, and nft needs root.
describe.skipIf(!isThere('nft') || !isThere('ip') || !isRoot)('nft (needs root and `ip`)', () => {
  let namespaces: Namespaces
  const processes = new Processes()

  beforeAll(async () => {
    namespaces = await Namespaces.create('hfn')
    await namespaces.addHost('data', '10.20.0.12')
    await namespaces.addHost('peer', '10.20.0.21')
    await namespaces.addHost('stranger', '10.20.0.99')
  })

  afterAll(async () => {
    await processes.killAll()
    await namespaces.remove()
  })

  it.each(['tls', 'stunnel', 'wireguard'])(
    'nft accepts nftables.conf of a Redis host with %s',
    async (transport) => {
      await namespaces.run('data', ['nft', '-c', '-f', golden(`${transport}/dc1/dc1-data-2/nftables.conf`)])
    },
  )

  it('nft accepts nftables.conf of a gateway host', async () => {
    await namespaces.run('data', ['nft', '-c', '-f', golden('tls/dc1/dc1-gateway-1/nftables.conf')])
  })

  it('the firewall accepts only hosts of the data centre, counts packets, and can be loaded again', async () => {
    const load = () => namespaces.run('data', ['nft', '-f', golden('tls/dc1/dc1-data-2/nftables.conf')])
    await namespaces.run('data', ['nft', 'add', 'table', 'inet', 'theirs'])
    await load()
    processes.start('redis', [
      ...namespaces.on('data'),
      ...['redis-server', '--bind', '10.20.0.12', '--protected-mode', 'no', '--save', '', '--dir', folder],
    ])
    const ping = (host: string) =>
      namespaces.run(host, ['timeout', '1', 'redis-cli', '-h', '10.20.0.12', 'PING'])
    await eventually(async () => expect(await ping('peer')).toBe('PONG\n'))
    await expect(ping('stranger')).rejects.toThrow()
    const packets = async (counter: string) => {
      const told = await namespaces.run('data', ['nft', 'list', 'counter', 'inet', 'holdfast', counter])
      return Number(/packets (\d+)/.exec(told)?.[1])
    }
    expect(await packets('tokens_accepted')).toBeGreaterThan(0)
    const dropped = await packets('tokens_dropped')
    expect(dropped).toBeGreaterThan(0)
    const before = await namespaces.run('data', ['nft', '-s', 'list', 'ruleset'])
    await load()
    await load()
    expect(await namespaces.run('data', ['nft', '-s', 'list', 'ruleset'])).toBe(before)
    expect(before).toContain('table inet theirs')
    expect(await packets('tokens_dropped')).toBeGreaterThanOrEqual(dropped)
    await expect(ping('stranger')).rejects.toThrow()
    expect(await ping('peer')).toBe('PONG\n')
  })
})

it('the kernel has every setting of sysctl.conf', async () => {
  const text = await readFile(golden('tls/dc1/dc1-data-2/sysctl.conf'), 'utf8')
  const names = [...text.matchAll(/^([a-z][a-z._]+) = /gm)].flatMap(([, name]) => name ?? [])
  expect(names).toEqual(['vm.overcommit_memory'])
  for (const name of names) expect(await run('sysctl', ['-n', name])).toMatch(/^\d+\n$/)
})

it.skipIf(!isThere('python3'))('firewalld.xml is well-formed', async () => {
  for (const host of ['tls/dc1/dc1-data-2', 'wireguard/dc1/dc1-data-2']) {
    const count =
      'import sys, xml.dom.minidom as d; print(len(d.parse(sys.argv[1]).getElementsByTagName("accept")))'
    expect(Number(await run('python3', ['-c', count, golden(`${host}/firewalld.xml`)]))).toBeGreaterThan(2)
  }
})

it.skipIf(!isThere('firewall-offline-cmd'))('firewalld accepts firewalld.xml', async () => {
  const config = join(folder, 'firewalld')
  await mkdir(join(config, 'policies'), { recursive: true })
  await copyFile(golden('tls/dc1/dc1-data-2/firewalld.xml'), join(config, 'policies/holdfast.xml'))
  await run('firewall-offline-cmd', ['--system-config', config, '--check-config'])
})

// Containers and other systems have no systemd.
describe.skipIf(!isThere('systemd-analyze'))('systemd', () => {
  /** Copies the golden units with programs that every machine has, because `verify` checks that they exist. */
  async function placeUnits(): Promise<string[]> {
    const units = join(folder, 'units')
    await mkdir(units, { recursive: true })
    const placed: string[] = []
    const hosts = [
      'tls/dc1/dc1-data-2',
      'tls/dc1/dc1-gateway-1',
      'stunnel/dc1/dc1-data-2',
      'proxied/dc1/dc1-php-1',
    ]
    for (const host of [...hosts, 'operator/dc1/dc1-operator']) {
      for (const name of await readdir(golden(`${host}/systemd`))) {
        if (!/\.(service|socket|timer)$/.test(name)) continue
        const text = await readFile(golden(`${host}/systemd/${name}`), 'utf8')
        const file = join(units, name)
        await writeFile(file, text.replaceAll(/\/usr\/s?bin\/[a-z-]+/g, '/bin/true'))
        if (!placed.includes(file)) placed.push(file)
      }
    }
    return placed
  }

  const isVersion = async (version: number) =>
    (await run('systemd-analyze', ['--version'])).startsWith(`systemd ${version} `)

  it('systemd-analyze finds no mistake in the units', async () => {
    const units = await placeUnits()
    expect(units).toHaveLength(12)
    expect(await run('systemd-analyze', ['verify', '--man=no', ...units])).toBe('')
  })

  it.each([
    ['/srv/the secrets 100%/dc1', 'ReadWritePaths="/srv/the secrets 100%%/dc1"'],
    ['/srv/"secrets"', String.raw`ReadWritePaths="/srv/\"secrets\""`],
    [
      String.raw`/srv/the "operator's" se\crets`,
      String.raw`ReadWritePaths="/srv/the \"operator's\" se\\crets"`,
    ],
    ['/srv/secrets', 'ReadWritePaths=/srv/secrets'],
  ])('systemd reads the exact path of the secrets folder: %s', async (path, line) => {
    const site = operatedSite()
    const dataCentres = site.dataCentres.map((dataCentre) => ({
      ...dataCentre,
      secrets: { kind: 'file' as const, path },
    }))
    const name = 'holdfast-rotate-passwords.service'
    const text = textIn(renderExample({ ...site, dataCentres }), 'dc1-operator', `systemd/${name}`)
    expect(text.split('\n')).toContain(line)
    const unit = join(folder, name)
    await writeFile(unit, text.replaceAll(/\/usr\/s?bin\/[a-z-]+/g, '/bin/true'))
    expect(await run('systemd-analyze', ['verify', '--man=no', unit])).toBe('')
    // systemd prints a relative path as it reads it.
    await writeFile(unit, `[Service]\nExecStart=/bin/true\n${line.replace('/srv', 'srv')}\n`)
    expect(await run('systemd-analyze', ['verify', '--man=no', unit])).toContain(
      `ReadWritePaths= path is not absolute, ignoring: ${path.slice(1)}`,
    )
  })

  it('systemd-analyze measures the exposure that each unit states', async () => {
    await placeUnits()
    const found: Record<string, number> = {}
    for (const name of Object.keys(EXPOSURE)) {
      const args = ['security', '--offline=true', '--no-pager', join(folder, 'units', name)]
      found[name] = Number(/exposure level for \S+: ([\d.]+)/.exec(await run('systemd-analyze', args))?.[1])
    }
    // Later versions of systemd rate some settings differently. They rate up to 2.0 as OK.
    if (await isVersion(252)) expect(found).toEqual(EXPOSURE)
    for (const [name, exposure] of Object.entries(found)) expect(exposure, name).toBeLessThanOrEqual(2)
  })

  it.skipIf(!isThere('systemd-sysusers'))('systemd-sysusers creates the users of the units', async () => {
    const root = join(folder, 'root')
    await mkdir(join(root, 'etc'), { recursive: true })
    await run('systemd-sysusers', [`--root=${root}`, golden('tls/dc1/dc1-data-2/systemd/sysusers.conf')])
    const users = await readFile(join(root, 'etc/passwd'), 'utf8')
    for (const name of ['redis', 'sentinel', 'watchdog']) expect(users).toContain(`holdfast-${name}:`)
  })
})

// wg reads a file only for an existing interface, which the test of the tunnels creates.
it.skipIf(!isThere('wg-quick'))(
  'wg-quick accepts hf0.conf, and reads the same settings as in hf0.setconf',
  async () => {
    const host = 'wireguard/dc1/dc1-data-2/wireguard'
    const lines = (text: string) => text.split('\n').filter((line) => /^\[|=/.test(line))
    const stripped = await run('wg-quick', ['strip', golden(`${host}/hf0.conf`)])
    expect(lines(stripped)).toEqual(lines(await readFile(golden(`${host}/hf0.setconf`), 'utf8')))
  },
)
