import { mkdir, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { findFreePorts, ServerProcess, type ServerTls } from '@holdfast/testing'
import { Client, DN } from 'ldapts'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../support.ts'

const HOST = '127.0.107.1'
const SUFFIX = 'dc=example,dc=org'
const ROOT = { dn: `cn=admin,${SUFFIX}`, password: 'only-the-test-knows' }
export const PEOPLE = `ou=people,${SUFFIX}`
export const GROUPS = `ou=groups,${SUFFIX}`
/** The search account of the gateway. */
export const READER = { bindDn: `cn=reader,${SUFFIX}`, bindPassword: 'may-only-read' }
export const ADAS_PASSWORD = 'engine-of-analysis'
/** User names as directories have them, and names that would collide with those of a provider or of no user. */
export const ODD_NAMES = [
  "o'brien",
  'anne marie',
  'j#1',
  'smith&co',
  'svc$',
  'a,b',
  'oidc:eve',
  'holdfast:eve',
]

/** A real OpenLDAP server. */
export interface Slapd {
  ldap: string
  ldaps: string
  server: ServerProcess
}

/** Starts a slapd on free ports with two users and some groups; it ends with the test. Without TLS by default. */
export async function startSlapd(tls?: ServerTls, { sizeLimit = 500 } = {}): Promise<Slapd> {
  const folder = await temporaryFolder()
  const [port = 0, securePort = 0] = await findFreePorts(2)
  await mkdir(path.join(folder, 'db'))
  await writeFile(path.join(folder, 'slapd.conf'), await configuration(folder, tls, sizeLimit), {
    mode: 0o600,
  })
  const [ldap, ldaps] = [`ldap://${HOST}:${port}`, `ldaps://${HOST}:${securePort}`]
  const address = { host: HOST, port }
  const server = new ServerProcess({
    address,
    ownAddress: address,
    command: '/usr/sbin/slapd',
    args: ['-d', '0', '-f', path.join(folder, 'slapd.conf'), '-h', tls ? `${ldap} ${ldaps}` : ldap],
    logFile: path.join(folder, 'slapd.log'),
    isReady: () => answers(port),
  })
  onTestFinished(() => server.kill())
  await server.start()
  await fill(ldap)
  return { ldap, ldaps, server }
}

async function configuration(folder: string, tls: ServerTls | undefined, sizeLimit: number): Promise<string> {
  const lines = [
    ...['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`),
    'modulepath /usr/lib/ldap',
    'moduleload back_mdb',
    'moduleload memberof',
    `pidfile ${folder}/slapd.pid`,
    `argsfile ${folder}/slapd.args`,
    `sizelimit ${sizeLimit}`,
  ]
  if (tls) {
    await writeFile(path.join(folder, 'ca.crt'), tls.ca)
    await writeFile(path.join(folder, 'slapd.crt'), tls.cert)
    await writeFile(path.join(folder, 'slapd.key'), tls.key, { mode: 0o600 })
    lines.push(
      `TLSCACertificateFile ${folder}/ca.crt`,
      `TLSCertificateFile ${folder}/slapd.crt`,
      `TLSCertificateKeyFile ${folder}/slapd.key`,
    )
  }
  lines.push(
    'database mdb',
    `suffix "${SUFFIX}"`,
    `rootdn "${ROOT.dn}"`,
    `rootpw ${ROOT.password}`,
    `directory ${folder}/db`,
    'overlay memberof',
    'access to attrs=userPassword by anonymous auth by * none',
    `access to * by dn.exact="${READER.bindDn}" read by * none`,
  )
  return `${lines.join('\n')}\n`
}

async function fill(url: string): Promise<void> {
  const client = new Client({ url, timeout: 5000, connectTimeout: 5000 })
  const person = (uid: string, cn: string, mail: string, userPassword?: string, base = PEOPLE) =>
    client.add(`${new DN({ uid })},${base}`, {
      objectClass: ['inetOrgPerson'],
      uid,
      cn,
      sn: cn,
      mail,
      ...(userPassword === undefined ? {} : { userPassword }),
    })
  const group = (rdn: string, members: string[], base = GROUPS) =>
    client.add(`${rdn},${base}`, {
      objectClass: ['groupOfNames'],
      member: members.map((uid) => `uid=${uid},${PEOPLE}`),
    })
  try {
    await client.bind(ROOT.dn, ROOT.password)
    await client.add(SUFFIX, { objectClass: ['organization', 'dcObject'], o: 'Example', dc: 'example' })
    for (const ou of ['people', 'groups']) {
      await client.add(`ou=${ou},${SUFFIX}`, { objectClass: ['organizationalUnit'], ou })
    }
    await client.add(READER.bindDn, {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      userPassword: READER.bindPassword,
    })
    await person('ada', 'Ada Lovelace', 'ada@example.org', ADAS_PASSWORD)
    await person('grace', 'Grace Hopper', 'grace@example.org')
    // Two entries with the same name in different parts of the tree.
    for (const ou of ['first', 'second']) {
      await client.add(`ou=${ou},${PEOPLE}`, { objectClass: ['organizationalUnit'], ou })
      await person('twin', 'Twin', 'twin@example.org', ADAS_PASSWORD, `ou=${ou},${PEOPLE}`)
    }
    for (const uid of ODD_NAMES) await person(uid, uid, 'odd@example.org', ADAS_PASSWORD)
    await group('cn=staff', ['ada', 'grace'])
    // Anyone who may create entries in this part of the tree could take the name of another group.
    await group('cn=admins', ['ada'], `ou=first,${PEOPLE}`)
    await group('cn=Engines\\, analytical', ['ada'])
    await group('cn=navy', ['grace'])
  } finally {
    await client.unbind()
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** A relay in front of a server, which records what clients send and can cut their connections. */
export interface Relay {
  url: string
  /** All data that clients sent. */
  sent: () => Buffer
  connections: () => number
  /** Ends the current connections. */
  cut: () => void
}

/** The beginning of a bind response with the result code 49 (RFC 4511, section 4.2.2). */
const WRONG_PASSWORD = Buffer.from([0x61, 0x07, 0x0a, 0x01, 49])

/**
 * Relays to `target`. With `cutAfter` it cuts a connection after that many chunks of the server's answers. With
 * `bindResult` it answers a wrong password with that result code, as directories answer for a restricted account.
 */
export async function startRelay(
  target: string,
  { cutAfter = Number.POSITIVE_INFINITY, bindResult = 49 } = {},
): Promise<Relay> {
  const { hostname, port, protocol } = new URL(target)
  const pieces: Buffer[] = []
  let connections = 0
  const open = new Set<() => void>()
  const server = net.createServer((client) => {
    connections++
    let answers = 0
    const upstream = net.connect(Number(port), hostname)
    const cut = () => {
      open.delete(cut)
      client.destroy()
      upstream.destroy()
    }
    open.add(cut)
    client.on('data', (piece) => {
      pieces.push(piece)
      upstream.write(piece)
    })
    upstream.on('data', (piece) => {
      answers++
      const at = piece.indexOf(WRONG_PASSWORD)
      if (at >= 0) piece[at + WRONG_PASSWORD.length - 1] = bindResult
      client.write(piece)
      if (answers >= cutAfter) setImmediate(cut)
    })
    for (const socket of [client, upstream]) {
      socket.on('close', cut)
      socket.on('error', cut)
    }
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, HOST, listening.resolve)
  await listening.promise
  onTestFinished(() => void server.close())
  const address = server.address() as net.AddressInfo
  return {
    url: `${protocol}//${HOST}:${address.port}`,
    sent: () => Buffer.concat(pieces),
    connections: () => connections,
    cut() {
      for (const end of open) end()
    },
  }
}
