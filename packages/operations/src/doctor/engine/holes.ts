import { buildIdAt, type EngineBuild } from './build.ts'

/** A security hole of an engine that clients of Holdfast's Redis could use. */
export interface Hole {
  id: string
  product: EngineBuild['product']
  /** What it lets a client do. */
  effect: string
  /** The first version with the fix, in each line of releases that got it. */
  fixedIn: readonly string[]
  /** It exists only while Redis itself encrypts connections of the network. */
  onlyWithTls: boolean
}

/**
 * The newest hole of each topic: a server without an older fix also lacks the newer one. They concern Lua, which the user `app`
 * may run, and TLS, which each client on the network reaches. CVE-2026-23631 (Lua) needs a replica that takes writes, which is
 * another check. Sources: the advisories GHSA-4789-qfc9-5f9q (Redis), GHSA-p876-p7q5-hv2m and GHSA-53mc-f3m3-99vh (Valkey), and
 * the CVE records.
 */
const HOLES: readonly Hole[] = [
  {
    id: 'CVE-2025-49844',
    product: 'redis',
    effect: 'a client that may run Lua can run its own code in the process',
    fixedIn: ['7.2.11', '7.4.6', '8.0.4', '8.2.2'],
    onlyWithTls: false,
  },
  {
    id: 'CVE-2026-81934',
    product: 'redis',
    effect: 'a client of the TLS port can run its own code in the process',
    fixedIn: ['7.2.16', '7.4.11', '8.2.9', '8.4.6', '8.6.6', '8.8.2', '8.10.1'],
    onlyWithTls: true,
  },
  {
    id: 'CVE-2025-49844',
    product: 'valkey',
    effect: 'a client that may run Lua can run its own code in the process',
    fixedIn: ['7.2.11', '8.0.6', '8.1.4'],
    onlyWithTls: false,
  },
  {
    id: 'CVE-2025-67733',
    product: 'valkey',
    effect: 'a client that may run Lua can forge answers to others on its connection',
    fixedIn: ['7.2.12', '8.0.7', '8.1.6', '9.0.2'],
    onlyWithTls: false,
  },
  {
    id: 'CVE-2026-56684',
    product: 'valkey',
    effect: 'a client of the TLS port that may run CLIENT KILL can run its own code in the process',
    fixedIn: ['7.2.14', '8.0.10', '8.1.9', '9.0.5', '9.1.1'],
    onlyWithTls: true,
  },
]

const LUA_2025 = 'CVE-2025-49844'

/**
 * Debian's packages with fixes that their version does not show, by the date of their changelog. Debian 12: `5:7.0.15-1~deb12u6`
 * and `u7`; Debian 13: `5:8.0.2-3+deb13u1` to `u3`, and Valkey `8.1.1+dfsg1-3+deb13u2` and `u3`.
 */
const DEBIAN_BUILDS: readonly (Omit<EngineBuild, 'id'> & { date: string; fixes: readonly string[] })[] = [
  { product: 'redis', version: '7.0.15', date: '2025-10-07T16:22:33Z', fixes: [LUA_2025] },
  { product: 'redis', version: '7.0.15', date: '2026-05-13T04:00:00Z', fixes: [LUA_2025] },
  { product: 'redis', version: '8.0.2', date: '2025-10-07T18:00:58Z', fixes: [LUA_2025] },
  { product: 'redis', version: '8.0.2', date: '2026-05-13T04:00:00Z', fixes: [LUA_2025] },
  { product: 'redis', version: '8.0.2', date: '2026-09-14T16:52:10Z', fixes: [LUA_2025, 'CVE-2026-81934'] },
  { product: 'valkey', version: '8.1.1', date: '2026-03-29T08:34:29Z', fixes: [LUA_2025, 'CVE-2025-67733'] },
  {
    product: 'valkey',
    version: '8.1.1',
    date: '2026-10-24T15:19:26Z',
    fixes: [LUA_2025, 'CVE-2025-67733', 'CVE-2026-56684'],
  },
]

/** The holes of an engine. `packageFixes`: what its package says to have fixed. Pure. */
export function holesOf(build: EngineBuild, packageFixes: readonly string[], hasTls: boolean): Hole[] {
  const fixes = [...packageFixes, ...fixesOfDebian(build)]
  return HOLES.filter(
    ({ id, product, fixedIn, onlyWithTls }) =>
      product === build.product &&
      (hasTls || !onlyWithTls) &&
      isOlder(build.version, fixedIn) &&
      !fixes.includes(id),
  )
}

function fixesOfDebian({ product, version, id }: EngineBuild): readonly string[] {
  const known = DEBIAN_BUILDS.find(
    (build) =>
      build.product === product &&
      build.version === version &&
      buildIdAt(product, version, Date.parse(build.date)) === id,
  )
  return known?.fixes ?? []
}

/**
 * Whether a version lacks a fix: it is older than the fix in its line of releases, or its line never got the fix. False for
 * lines that began after the fix, and for a version that is not three numbers.
 */
function isOlder(version: string, fixedIn: readonly string[]): boolean {
  const own = numbersOf(version)
  if (own === null) return false
  const fixes = fixedIn.map(numbersOf).filter((fix) => fix !== null)
  const fix = fixes.find(([major, minor]) => major === own[0] && minor === own[1]) ?? fixes.at(-1)
  return fix !== undefined && compare(own, fix) < 0
}

type Version = [major: number, minor: number, patch: number]

function numbersOf(version: string): Version | null {
  const [, ...parts] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? []
  const [major, minor, patch] = parts.map(Number)
  return major === undefined || minor === undefined || patch === undefined ? null : [major, minor, patch]
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
