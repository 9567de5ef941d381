import { answering } from '@holdfast/agent/group/health'
import { isLoopback } from '@holdfast/site/file/network'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { buildOf } from '../engine/build.ts'
import { holesOf } from '../engine/holes.ts'
import type { Check } from '../finding.ts'
import type { RedisFacts } from '../snapshot.ts'
import { oneByOne } from './advice.ts'

const engineKnownHoles: Check = {
  id: 'engine-known-holes',
  severity: 'warning',
  title: 'A Redis may lack the fix of a known security hole',
  why: 'Its memory holds the sessions of all users and the passwords of the group. The application runs Lua, so a stolen password of the user `app` suffices for a hole in Lua.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap(({ name, address, facts }) => {
      const build = buildOf(facts.info)
      const holes = holesOf(build, facts.packageFixes, hasTls(address, facts))
      if (holes.length === 0) return []
      const engine = build.product === 'valkey' ? 'Valkey' : 'Redis'
      const listed = holes.map(
        ({ id, effect, fixedIn }) => `${id}: ${effect}; fixed in ${fixedIn.join(', ')}.`,
      )
      const ids = holes.map(({ id }) => id).join('|')
      return {
        subject: name,
        evidence: `It is ${engine} ${build.version}. ${listed.join(' ')}`,
        advice:
          'Distributions fix holes without changing the version. On its host, see what the package fixes: the first command is for Debian and Ubuntu, the second for systems with RPM.\n' +
          `zgrep -E '${ids}' /usr/share/doc/${build.product}-server/changelog.Debian.gz\n` +
          `rpm -q --changelog ${build.product} | grep -E '${ids}'\n` +
          `If each is named, and ${engine} was restarted after that package was installed, nothing is left to do. Otherwise install a version with the fix there, and restart Redis and Sentinel.\n` +
          oneByOne(snapshot),
      }
    }),
}

/** Whether clients on the network reach a TLS port of Redis itself. stunnel and WireGuard encrypt outside of it. */
const hasTls = ({ host }: NodeAddress, { config }: RedisFacts): boolean =>
  Number(config['tls-port'] ?? 0) > 0 && !isLoopback(host)

export const ENGINE_CHECKS: readonly Check[] = [engineKnownHoles]
