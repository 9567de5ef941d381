import { spawn } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseEnv } from 'node:util'
import { PERIODS_COMMAND } from '@holdfast/agent/watchdog/sentinel-settings'
import { TestAuthority } from '@holdfast/testing'
import { placeCertificate, tlsArgs } from '@holdfast/testing/hosts/certificates'
import { dataHostsOf } from '@holdfast/testing/hosts/example-site'
import { present } from '@holdfast/testing/hosts/hosted-site'
import { run } from '@holdfast/testing/hosts/programs'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { siteText } from '@holdfast/testing/hosts/site-text'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { SERVICE_USERS } from '../../../../tools/hosts/service-users.ts'
import { sharedPackage } from '../../../../tools/shared-builds.ts'
import { loadSite } from '../../src/check/check-site.ts'
import { filesOfHost, renderSite } from '../../src/render/render-site.ts'
import { loadSecrets } from '../../src/secrets/load.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import { PORT } from '../../src/topology/topology.ts'
import { BootedHost, type HostAddress } from './booted/booted-host.ts'
import { missingToBoot } from './booted/requirements.ts'

const missing = await missingToBoot()
if (missing !== null) console.warn(`The units were not run by systemd: ${missing}`)

const ADDRESSES = dataHostsOf('10.20.0')
/** The host that boots systemd, with units of all kinds. The other hosts are only processes. */
const [BOOTED, ...OTHERS] = ADDRESSES as [HostAddress, HostAddress, HostAddress]
const STRANGER = { name: 'stranger', address: '10.20.0.99' }
/** Settings that the documentation recommends: a directory with its password in a file, and metrics. */
const GATEWAY_SETTINGS = `gateway:
  trustedProxies: [10.20.0.99]
  metrics: { public: true }
  identities:
    ldap:
      urls: [ldaps://10.20.0.99]
      bindDn: cn=reader,dc=example,dc=org
      bindPasswordFile: /etc/holdfast/gateway/ldap
      users: { base: "ou=people,dc=example,dc=org" }
`
const SITE = `${siteText('tls', '', {
  dc1: [
    ['dc1-data-1', 11, 'redis, sentinel, gateway, proxy, operator'],
    ['dc1-data-2', 12, 'redis, sentinel'],
    ['dc1-data-3', 13, 'redis, sentinel'],
  ],
})}${GATEWAY_SETTINGS}proxy: { users: { web: { keys: ["sess:*"] } } }
`

const SERVICES = [
  'holdfast-redis.service',
  'holdfast-sentinel.service',
  'holdfast-watchdog.service',
  'holdfast-gateway.service',
] as const
const [REDIS, , WATCHDOG, GATEWAY] = SERVICES
const PROXY = 'holdfast-proxy.service'
const PROXY_SOCKET = 'holdfast-proxy.socket'
/** A client of the proxy that counts. */
const COUNTING = programFile(new URL('../programs/counting-client.ts', import.meta.url))
const ROTATION = 'holdfast-rotate-passwords'
/** The Node of the package. */
const NODE = '/usr/lib/holdfast/node'
const SECRETS = '/etc/holdfast/secrets/dc1/secrets.json'
const USERS = '/var/lib/holdfast/gateway/users.json'

describe.runIf(missing === null)('Units of a host, run by systemd', { timeout: 90_000 }, () => {
  let folder: string
  let host: BootedHost
  let group: RenderedGroup
  let secrets: Secrets
  let usersOfPackage: string
  /** The environment for clients of the proxy on the booted host. */
  let clientEnv: NodeJS.ProcessEnv

  /** Waits until a service is active and systemd has restarted it this many times. */
  const runs = (unit: string, NRestarts = '0') =>
    eventually(async () => {
      expect(await host.state(unit)).toMatchObject({ ActiveState: 'active', SubState: 'running', NRestarts })
    }, 30_000)

  const gatewayUrl = (path: string) => `http://${BOOTED.address}:${PORT.http}${path}`
  const ask = async (path: string): Promise<unknown> =>
    JSON.parse(await host.run(NODE, '--eval', FETCH, gatewayUrl(path)))
  /** The answer for a user whom only the directory may know, while the directory is down. */
  const logIn = async (): Promise<unknown> =>
    JSON.parse(await host.run(NODE, '--eval', LOG_IN, gatewayUrl('/login')))

  /** The reasons for degraded health of the gateway, except those about Redis. */
  const gatewayWarnings = async () =>
    ((await ask('/healthz')) as { degraded: string[] }).degraded.filter((reason) =>
      reason.startsWith('config'),
    )

  const isReady = (as: object) =>
    eventually(async () => expect(await ask('/readyz')).toMatchObject(as), 20_000)

  /** An unmodified client of the proxy, with this password. */
  const asClient = (password = '', ...command: string[]) =>
    host.run(
      'redis-cli',
      ...['-p', '6380', '--user', 'web', '--pass', password, '--no-auth-warning'],
      ...command,
    )

  const asUser = (user: string, ...command: string[]) =>
    host.run('setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', ...command)

  /** The result of connecting to the Redis of the booted host. */
  const knockFrom = ({ name }: HostAddress) => {
    const [program = '', ...args] = [...host.onNeighbour(name), process.execPath, '--eval', KNOCK]
    return run(program, [...args, BOOTED.address, String(PORT.redis)])
  }

  beforeAll(async () => {
    const deb = await sharedPackage('deb')
    folder = await makeTempFolder()
    await writeFile(join(folder, 'holdfast.yaml'), SITE)
    const site = await loadSite(join(folder, 'holdfast.yaml'))
    secrets = await loadSecrets(present(site.dataCentres[0]).secrets, folder, { createFor: 'dc1' })
    const files = renderSite(site, () => secrets)
    host = await BootedHost.boot(BOOTED, join(folder, 'root'))
    await host.installPackage(deb)
    usersOfPackage = await host.run('getent', 'passwd', ...SERVICE_USERS)
    for (const other of [...OTHERS, STRANGER]) await host.addNeighbour(other)
    group = await RenderedGroup.place({
      files,
      folder,
      hosts: ADDRESSES,
      on: (name) => (name === BOOTED.name ? host.on : host.onNeighbour(name)),
      cliArgs: (placed, service) => [
        ...tlsArgs(placed),
        ...['--user', 'admin', '--pass', service === 'redis' ? secrets.admin : secrets.sentinelAdmin],
      ],
    })
    const authority = await TestAuthority.create('dc1')
    for (const place of ADDRESSES) {
      await placeCertificate(authority, place, group.pathOn(place.name, '/etc/holdfast/tls'))
    }
    for (const { name, address } of OTHERS) {
      group.startRedis(name)
      group.startSentinel(name)
      // Normally, their watchdogs do this. On its own, a Sentinel looks for replicas only every 10 s.
      await eventually(async () => {
        expect(await group.ask(name, address, 'sentinel', [...PERIODS_COMMAND])).toBe('OK\n')
      })
    }
    const own = filesOfHost(files, BOOTED.name)
    await host.install(own)
    clientEnv = parseEnv(present(own.find(({ path }) => path.endsWith('/web.env'))).text)
    await placeCertificate(authority, BOOTED, host.path('/etc/holdfast/tls'))
    // Puts the users of the package into the group that may read the key of the host.
    await host.run('systemd-sysusers')
    await host.run('systemd-tmpfiles', '--create', 'holdfast.conf')
    await host.write('/etc/holdfast/gateway/ldap', 'may-only-read\n', 0o600)
    await host.run('systemd-tmpfiles', '--create', 'holdfast.conf')
    await host.write(USERS, '{ "users": [] }', 0o600)
    await host.run('chown', 'holdfast-gateway:', USERS)
    await host.amend(GATEWAY, '[Service]\nWatchdogSec=3\nRestartSec=100ms\n')
  }, 240_000)

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    console.error(await host.run('systemctl', 'list-units', '--no-legend', 'holdfast*'))
    console.error(await host.journal('--unit=holdfast*', '--lines=200', '--output=short'))
  })

  afterAll(async () => {
    await host?.end()
    await group?.processes.killAll()
    await rm(folder, { recursive: true, force: true })
  })

  it('all units start after the firewall, and the first start has one primary', async () => {
    await host.run('systemctl', 'enable', '--now', ...SERVICES)
    for (const unit of SERVICES) await runs(unit)
    await group.agreesOn(BOOTED.name, BOOTED.address, 2, 30_000)
    expect(await host.run('nft', 'list', 'tables')).toContain('table inet holdfast')
    const mounts = await host.run('systemctl', 'show', '--property=RequiresMountsFor', REDIS)
    expect(mounts).toContain('/var/lib/holdfast/redis')
    await eventually(async () => {
      const mark = await group.ask(BOOTED.name, BOOTED.address, 'redis', ['GET', 'hf:mark'])
      expect(mark).toBe(`${secrets.mark}\n`)
    })
    for (const unit of SERVICES) {
      const { MainPID } = await host.state(unit)
      expect(await host.run('cat', `/proc/${MainPID}/limits`)).toMatch(/^Max core file size +0 +0 /m)
    }
  })

  it('the units run the command and the users of the installed package', async () => {
    expect(await host.run('dpkg-query', '--search', '/usr/bin/holdfast')).toBe(
      'holdfast: /usr/bin/holdfast\n',
    )
    for (const unit of [WATCHDOG, GATEWAY]) {
      const { MainPID } = await host.state(unit)
      expect(await host.run('readlink', `/proc/${MainPID}/exe`)).toBe(`${NODE}\n`)
    }
    expect(usersOfPackage.trim().split('\n')).toHaveLength(SERVICE_USERS.length)
    expect(await host.run('getent', 'passwd', ...SERVICE_USERS)).toBe(usersOfPackage)
  })

  it('the unit of the gateway becomes active when the gateway serves requests', async () => {
    const said = await host.journal()
    expect(said).toMatch(/Starting [^\n]*Holdfast gateway.*listens on http.*Started [^\n]*Holdfast gateway/s)
    await isReady({ ready: true, server: BOOTED.name })
  })

  it('the first connection starts the proxy, and to its clients it is one Redis', async () => {
    const password = clientEnv['REDIS_PASSWORD']
    await host.run('systemctl', 'enable', '--now', PROXY_SOCKET)
    expect(await host.state(PROXY)).toMatchObject({ ActiveState: 'inactive' })
    expect(await asClient(password, 'PING')).toBe('PONG\n')
    await runs(PROXY)
    expect(await asClient(password, 'SET', 'sess:1', 'ada')).toBe('OK\n')
    expect(await asClient(password, 'GET', 'sess:1')).toBe('ada\n')
    expect(await asClient(password, 'SET', 'other:1', 'ada')).toContain('NOPERM')
    const named = await host.run(
      'redis-cli',
      '-p',
      '26380',
      'SENTINEL',
      'GET-MASTER-ADDR-BY-NAME',
      'mymaster',
    )
    expect(named).toBe('127.0.0.1\n6380\n')
  })

  it('a restart of the proxy fails no command of an unmodified client, and does none twice', async () => {
    const password = clientEnv['REDIS_PASSWORD']
    const [program = '', ...args] = [...host.on, process.execPath, COUNTING]
    const client = spawn(program, args, {
      env: { ...process.env, ...clientEnv },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const report = text(client.stdout)
    const counted = async () => Number(await asClient(password, 'GET', 'sess:count'))
    for (let restart = 0; restart < 3; restart += 1) {
      const before = await counted()
      await eventually(async () => expect(await counted()).toBeGreaterThan(before + 100))
      await host.run('systemctl', 'restart', PROXY)
    }
    client.stdin.end()
    const { answered, counter, problems } = JSON.parse(await report)
    expect(problems).toEqual([])
    expect(answered).toBe(counter)
    expect(await host.state(PROXY)).toMatchObject({
      ActiveState: 'active',
      NRestarts: '0',
      Result: 'success',
    })
  })

  it('root copies nothing to the target of a link that the user of the gateway created', async () => {
    await host.run('mkdir', '--parents', '/etc/target')
    for (const name of ['gateway.json', 'gateway.json.new']) {
      await asUser('holdfast-gateway', 'ln', '-sfn', '/etc/target', `/run/holdfast-gateway/${name}`)
    }
    const { MainPID } = await host.state(GATEWAY)
    await host.run('systemctl', 'reload', GATEWAY)
    expect(await host.run('ls', '/etc/target')).toBe('')
    expect(await host.state(GATEWAY)).toMatchObject({ MainPID, ActiveState: 'active' })
  })

  it('Redis accepts packets only from hosts of its data centre, even without the firewall', async () => {
    await host.run('nft', 'delete', 'table', 'inet', 'holdfast')
    expect(await Promise.all([OTHERS[0], STRANGER].map(knockFrom))).toEqual(['open\n', 'silent\n'])
    await host.run('systemctl', 'reload', 'holdfast-firewall.service')
    expect(await host.run('nft', 'list', 'tables')).toContain('table inet holdfast')
  })

  it.concurrent('after a crash of the primary, a failover happens and the guard starts it as a replica', async () => {
    // A power cut may leave the file like this. Without its users, no client could log in.
    await host.run('truncate', '--size=0', '/var/lib/holdfast/redis/users.acl')
    // A compromised Redis may do this. If systemd opened it as root, it would wait forever.
    await asUser('holdfast-redis', 'rm', '/run/holdfast-redis/start.env')
    await asUser('holdfast-redis', 'mkfifo', '/run/holdfast-redis/start.env')
    await host.run('systemctl', 'kill', '--signal=KILL', '--kill-whom=main', REDIS)
    const [{ name, address }] = OTHERS
    await eventually(async () => {
      expect(await group.primaryNamedBy(name, address)).not.toBe(BOOTED.address)
    })
    await runs(REDIS, '1')
    await group.agreesOn(BOOTED.name, await group.primaryNamedBy(name, address), 2, 30_000)
    expect(await host.run('ls', '/var/lib/holdfast/redis')).toContain('users.acl.~1~')
  })

  it.concurrent('systemd restarts a gateway that hangs', async () => {
    await host.run('systemctl', 'kill', '--signal=STOP', '--kill-whom=main', GATEWAY)
    // Accepts a later restart too: a busy machine may delay a healthy process for this long.
    await host.amend(GATEWAY, '[Service]\nWatchdogSec=30\nRestartSec=100ms\n')
    await runs(GATEWAY, '1')
    expect(await host.journal(`--unit=${GATEWAY}`)).toContain('Watchdog timeout (limit 3s)!')
    await isReady({ ready: true })
  })

  it('a rotation without the delivery command does not start, and its unit fails', async () => {
    await host.write('/etc/holdfast/holdfast.yaml', SITE)
    await host.write(SECRETS, JSON.stringify(secrets), 0o600)
    await host.run('chmod', '0700', dirname(SECRETS))
    await host.run('chown', '-R', 'holdfast-operator:', dirname(SECRETS))
    await expect(host.run('systemctl', 'start', `${ROTATION}.service`)).rejects.toThrow('failed')
    expect(await host.state(`${ROTATION}.service`)).toMatchObject({ Result: 'exit-code', MainPID: '0' })
    const said = await host.journal(`--unit=${ROTATION}.service`)
    expect(said).toContain('/etc/holdfast/deliver cannot be run. Put a program there')
    expect(said).not.toContain('Checking that the data centre is healthy')
    await host.run('systemctl', 'stop', `${ROTATION}.service`)
  })

  it('the gateway reports that the next delivery overwrites manual changes of gateway.json', async () => {
    const file = '/etc/holdfast/gateway.json'
    const rendered = JSON.parse(await host.run('cat', file))
    await host.write(file, JSON.stringify({ ...rendered, returnOrigins: ['https://app.example.org'] }), 0o640)
    await host.run('systemctl', 'reload', GATEWAY)
    await eventually(async () => expect(await gatewayWarnings()).toEqual(['config-edited']))
    await host.run('systemctl', 'restart', GATEWAY)
    await runs(GATEWAY)
    expect(await gatewayWarnings()).toEqual(['config-edited'])
    expect(await host.journal(`--unit=${GATEWAY}`)).toContain('Put it under `gateway:` in holdfast.yaml')
  })

  it('the timer shows the next rotation of passwords, and the rotation completes', async () => {
    await host.write('/etc/holdfast/deliver', DELIVER, 0o755)
    await host.run('systemctl', 'enable', '--now', `${ROTATION}.timer`)
    expect(await host.run('systemctl', 'list-timers', '--no-legend')).toMatch(
      new RegExp(`^\\w{3} \\d{4}-\\d{2}-\\d{2} .* ${ROTATION}\\.timer`, 'm'),
    )
    // By default, a timer may be late by a minute, so that the host wakes up less often.
    const soon = '[Timer]\nOnCalendar=\nRandomizedDelaySec=0\nAccuracySec=1ms\nOnActiveSec=100ms\n'
    await host.amend(`${ROTATION}.timer`, soon)
    await host.run('systemctl', 'restart', `${ROTATION}.timer`)

    // On a real host, the delivery command does this over SSH.
    const sent = '/var/lib/holdfast/operator/sent'
    await eventually(() => host.run('test', '-e', sent), 30_000)
    for (const file of ['host.json', 'gateway.json', 'proxy.env']) {
      await host.run('cp', '--no-preserve=all', `${sent}/${BOOTED.name}/${file}`, `/etc/holdfast/${file}`)
    }
    const { MainPID } = await host.state(GATEWAY)
    const { MainPID: proxyPid } = await host.state(PROXY)
    await host.run('systemctl', 'restart', WATCHDOG)
    await host.run('systemctl', 'reload', GATEWAY)
    await host.run('systemctl', 'reload', PROXY)
    await host.run('touch', `${sent}/taken`)

    await eventually(async () => {
      expect(await host.state(`${ROTATION}.service`)).toMatchObject({ ActiveState: 'inactive' })
    }, 50_000)
    expect(await host.state(`${ROTATION}.service`)).toMatchObject({ Result: 'success', ExecMainStatus: '0' })
    const fresh: Secrets = JSON.parse(await readFile(host.path(SECRETS), 'utf8'))
    expect(fresh.app).not.toBe(secrets.app)
    expect(await asClient(fresh.proxyUsers?.['web'], 'GET', 'sess:1')).toBe('ada\n')
    expect(await asClient(clientEnv['REDIS_PASSWORD'], 'GET', 'sess:1')).toContain('WRONGPASS')
    await isReady({ ready: true, revision: fresh.revision })
    expect(await host.state(GATEWAY)).toMatchObject({ MainPID })
    expect(await host.state(PROXY)).toMatchObject({ MainPID: proxyPid })
    const said = await host.journal()
    // The delivery removed the manual change, and no setting from holdfast.yaml.
    expect(await gatewayWarnings()).toEqual(['config-settings-removed'])
    expect(said).toMatch(/"config-settings-removed".*"keys":\["returnOrigins"\]/)
    await host.run('systemctl', 'restart', GATEWAY)
    await runs(GATEWAY)
    expect(await gatewayWarnings()).toEqual([])
    expect(await host.run(NODE, '--eval', FETCH, gatewayUrl('/metrics'))).toContain('holdfast_')
    expect(await logIn()).toMatchObject({ error: { code: 'IDENTITIES_UNAVAILABLE' } })
    const passwords = [secrets, fresh].flatMap(({ admin, app, replica, peer, sentinelAdmin, keyring }) => [
      ...[admin, app, replica, peer, sentinelAdmin, keyring.index],
    ])
    expect(passwords.filter((password) => said.includes(password))).toEqual([])
  })

  it('all units stop on request, and only then Redis counts as cleanly stopped', async () => {
    const started = '/var/lib/holdfast/redis/started'
    const boot = await host.run('cat', '/proc/sys/kernel/random/boot_id')
    expect(await host.run('cat', started)).toBe(boot.replaceAll('-', ''))
    await host.run('test', '-e', '/var/lib/holdfast/redis/crashed')
    await host.run('systemctl', 'stop', ...SERVICES, PROXY_SOCKET)
    for (const unit of [...SERVICES, PROXY]) {
      expect(await host.state(unit)).toMatchObject({ ActiveState: 'inactive', Result: 'success' })
    }
    await host.run('test', '!', '-e', started)
  })
})

const KNOCK = `
const [host, port] = process.argv.slice(1)
const tell = (what) => () => { console.log(what); process.exit() }
require('node:net').connect(port, host).on('connect', tell('open')).on('error', tell('refused'))
setTimeout(tell('silent'), 1000)
`

const FETCH = 'fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)'

const LOG_IN = `
const body = JSON.stringify({ username: 'ada', password: 'a-password-of-hers' })
const headers = { 'content-type': 'application/json' }
fetch(process.argv[1], { method: 'POST', headers, body }).then((answer) => answer.text()).then(console.log)
`

/** Copies the rendered files to a folder of the test, and waits until the test has copied them to the hosts. */
const DELIVER = `#!/bin/sh -e
new=$(mktemp -d)
holdfast render /etc/holdfast/holdfast.yaml --out "$new" --certificates /etc/holdfast/tls
mv "$new/dc1" "$STATE_DIRECTORY/sent"
until [ -e "$STATE_DIRECTORY/sent/taken" ]; do sleep 0.1; done
`
