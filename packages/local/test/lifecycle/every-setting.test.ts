import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PROXY_SETTINGS, PROXY_USER } from '@holdfast/site/file/proxy-settings'
import { type DataCentre, type Host, REDIS_SETTINGS, type Site } from '@holdfast/site/file/site'
import { ROTATION_LIMITS } from '@holdfast/site/secrets/limits'
import type { LocalPlan } from '@holdfast/site/topology/local-plan'
import { defaultPlan, plansOfSite } from '@holdfast/site/topology/place'
import { TIMINGS, type Timings } from '@holdfast/site/topology/topology'
import { exampleHost, exampleSite } from '@holdfast/testing/hosts/example-site'
import { makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareFolder } from '../../src/lifecycle/prepare.ts'
import { StateFolder } from '../../src/state/folder.ts'
import { openLocal } from '../../src/state/open.ts'
import { readPlan, withSavedSite, writePlan } from '../../src/state/saved-plan.ts'
import { writeSecrets } from '../../src/state/secrets-file.ts'
import { planProcesses } from '../../src/supervise/plans.ts'

/** Other values of one setting. */
interface Others<Value> {
  values: readonly Value[]
  /** Why `up` does the same with each of them. Absent: `up` does something different with each. */
  sameBecause?: string
}

/** A new setting does not compile until this test knows it. */
type OthersOf<Settings> = { [Key in keyof Required<Settings>]: Others<Required<Settings>[Key]> }

const CUSTOM: Timings = { ...TIMINGS.reference, name: 'custom' }

const BASE = exampleSite({
  transport: 'plain',
  timings: CUSTOM,
  redis: REDIS_SETTINGS,
  rotation: ROTATION_LIMITS,
})

/** Each value with one of these fields changed. */
const withEach = <Value extends object>(value: Value, fields: Partial<Value>): Value[] =>
  Object.entries(fields).map(([key, field]) => ({ ...value, [key]: field }))

const OF_SITE: OthersOf<Omit<Site, 'dataCentres'>> = {
  engine: {
    values: [
      { name: 'valkey', version: '8.0' },
      { name: 'valkey', version: '9.0' },
    ],
  },
  profile: { values: ['as-documented'], sameBecause: '`up` prints that the profile is for real hosts.' },
  transport: { values: ['tls', 'stunnel'] },
  plainBecause: { values: ['It is a test.'], sameBecause: 'It is for readers of the file.' },
  timings: { values: withEach(CUSTOM, { downAfterMs: 7777, failoverTimeoutMs: 55_555 }) },
  clients: { values: [{ retryBudgetMs: 1234 }], sameBecause: 'Only rules read it.' },
  redis: {
    values: withEach(REDIS_SETTINGS, {
      maxmemoryMb: 111,
      maxmemoryPolicy: 'allkeys-lru',
      backlogMb: 22,
      replicaBufferMb: 333,
      appendfsync: 'always',
    } satisfies Required<typeof REDIS_SETTINGS>),
  },
  gateway: {
    values: [{ metrics: { public: true } }],
    sameBecause: '`up` prints that these settings name files of the hosts.',
  },
  proxy: {
    values: [{ ...PROXY_SETTINGS, users: { web: PROXY_USER } }],
    sameBecause: 'Proxies run beside the applications of real hosts.',
  },
  rotation: {
    values: withEach(ROTATION_LIMITS, {
      usersDays: 11,
      keyringDays: 12,
      certificateDaysLeft: 13,
    } satisfies Required<typeof ROTATION_LIMITS>),
  },
}

const OF_DATA_CENTRE: OthersOf<Omit<DataCentre, 'hosts'>> = {
  name: { values: ['east'] },
  primaryName: { values: ['tokens'] },
  quorum: { values: [3] },
  secrets: { values: [{ kind: 'credentials' }], sameBecause: 'The state folder keeps its own secrets.' },
}

const OF_HOST: OthersOf<Host> = {
  name: { values: ['other'], sameBecause: 'Processes on one machine have numbers.' },
  address: { values: ['10.20.0.99'], sameBecause: 'Loopback addresses stand for the hosts.' },
  names: { values: [['other.example']], sameBecause: 'Processes on one machine are reached by address.' },
  tunnelAddress: { values: ['127.9.9.9'], sameBecause: '`tunnelOf` chooses the addresses of the tunnels.' },
  replicaPriority: { values: [50] },
  runs: { values: [['redis', 'sentinel', 'gateway']] },
}

interface Case {
  setting: string
  site: Site
  sameBecause: string | undefined
}

/** One case per value. `before` is the same part of the base. */
function casesOf<Settings extends object>(
  others: OthersOf<Settings>,
  before: Settings,
  siteWith: (change: object) => Site,
): Case[] {
  return Object.entries<Others<unknown>>(others).flatMap(([key, { values, sameBecause }]) =>
    values.map((value) => ({
      setting: `${key}: ${textOfChange(before[key as keyof Settings], value)}`,
      site: siteWith({ [key]: value }),
      sameBecause,
    })),
  )
}

/** Of a value with fields, only those that change. */
function textOfChange(before: unknown, value: unknown): string {
  if (!isObject(before) || !isObject(value)) return JSON.stringify(value)
  return JSON.stringify(
    Object.fromEntries(Object.entries(value).filter(([key, field]) => before[key] !== field)),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const [BASE_DATA_CENTRE] = BASE.dataCentres
const BASE_HOST = BASE_DATA_CENTRE?.hosts[1]
if (BASE_DATA_CENTRE === undefined || BASE_HOST === undefined) throw new Error('the example has hosts')

const dataCentreWith = (change: object): Site => ({
  ...BASE,
  dataCentres: [{ ...BASE_DATA_CENTRE, ...change }],
})

const hostWith = (change: object): Site =>
  dataCentreWith({
    hosts: BASE_DATA_CENTRE.hosts.map((host) => (host === BASE_HOST ? { ...host, ...change } : host)),
  })

const CASES = [
  ...casesOf(OF_SITE, BASE, (change) => ({ ...BASE, ...change })),
  ...casesOf(OF_DATA_CENTRE, BASE_DATA_CENTRE, dataCentreWith),
  ...casesOf(OF_HOST, BASE_HOST, hostWith),
]

const planFor = (site: Site): LocalPlan => {
  const [plan] = plansOfSite(site, { network: '127.0.5' })
  if (plan === undefined) throw new Error('a site has a data centre')
  return plan
}

/** The state folder of each start in turn: paths are in files, so it is always the same. */
let path: string
beforeAll(async () => {
  path = join(await makeTempFolder(), 'state')
})
afterAll(() => rm(dirname(path), { recursive: true }))

async function emptyFolder(): Promise<StateFolder> {
  await rm(path, { recursive: true, force: true })
  const folder = new StateFolder(path)
  await folder.open()
  return folder
}

async function folderWith(plan: LocalPlan): Promise<StateFolder> {
  const folder = await emptyFolder()
  await writeSecrets(folder, FIXED_SECRETS)
  await prepareFolder(plan, folder, async () => {})
  return folder
}

/** All that `up` makes of a site: the files and arguments of its processes, and the view of them that operations have. */
async function effectOf(site: Site): Promise<string> {
  const folder = await folderWith(planFor(site))
  const { plan, topology } = await openLocal(folder.path)
  const programs = {
    redisServer: `${plan.site.engine.name}-server`,
    haproxy: 'haproxy',
    stunnel: plan.site.transport === 'stunnel' ? 'stunnel' : null,
    gateway: ['gateway'],
    proxy: ['proxy'],
  }
  const files = (await readdir(folder.path, { recursive: true })).sort()
  const texts = files.map(async (name) => {
    const file = join(folder.path, name)
    // The saved plan holds the site itself, and the keys of certificates are random.
    if (file === folder.topologyFile || name.startsWith('certificates') || (await stat(file)).isDirectory())
      return name.startsWith('certificates') ? '' : name
    return `${name}\n${await readFile(file, 'utf8')}`
  })
  return JSON.stringify([await Promise.all(texts), planProcesses(plan, folder, programs), topology])
}

// INV-LOCAL-10.
describe('each setting of a site reaches `holdfast up`', () => {
  let before: string
  beforeAll(async () => {
    before = await effectOf(BASE)
  })

  it.each(CASES.filter(({ sameBecause }) => sameBecause === undefined))(
    '`$setting` changes what `up` does',
    async ({ site }) => {
      expect(await effectOf(site)).not.toBe(before)
    },
  )

  it.each(CASES.filter(({ sameBecause }) => sameBecause !== undefined))(
    '`$setting` does not change what `up` does: $sameBecause',
    async ({ site }) => {
      expect(await effectOf(site)).toBe(before)
    },
  )
})

describe('the saved plan', () => {
  it.each(CASES)('has `$setting` when it is read again', async ({ site }) => {
    const plan = planFor(site)
    const folder = await emptyFolder()
    await writePlan(folder, plan)
    expect(await readPlan(folder)).toEqual(plan)
  })

  it('keeps the site of a file when `up` starts without the file, except what options set', () => {
    const hosts = [1, 2, 3].map((n) =>
      exampleHost(`data-${n}`, n, ['redis', 'sentinel'], { replicaPriority: n }),
    )
    const saved = planFor(dataCentreWith({ hosts, quorum: 3, primaryName: 'tokens' }))
    const { site, dataCentre } = withSavedSite(defaultPlan(), saved)
    expect(dataCentre).toEqual({ ...saved.dataCentre, name: 'dc1' })
    expect(site).toEqual({ ...saved.site, timings: TIMINGS.fast, dataCentres: [dataCentre] })
  })

  it.each([
    ['no site', (file: string) => JSON.stringify({ ...JSON.parse(file), site: undefined, dataHosts: [] })],
    ['no proxy', (file: string) => file.replace('"proxy"', '"another"')],
  ])('of an older version with %s is refused with an error that says what to do', async (_, older) => {
    const folder = await emptyFolder()
    await writePlan(folder, defaultPlan())
    await writeFile(folder.topologyFile, older(await readFile(folder.topologyFile, 'utf8')))
    await expect(readPlan(folder)).rejects.toMatchObject({
      code: 'STATE_UNUSABLE',
      message: expect.stringMatching(
        /topology\.json was written by an older version .*that version.*down --purge/,
      ),
    })
  })

  it('of a default site does not hold back the next start', () => {
    const asked = defaultPlan({ gateways: ['127.0.1.31'] })
    expect(withSavedSite(asked, defaultPlan())).toBe(asked)
  })
})
