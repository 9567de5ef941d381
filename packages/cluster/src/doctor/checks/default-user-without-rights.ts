import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const defaultUserWithoutRights: Check = {
  id: 'default-user-without-rights',
  severity: 'error',
  title: 'A Redis would leave out logins and log-outs when it starts again',
  why: 'It loads its append-only file as the user default, and skips what a script wrote together when that user may not do it (redis/redis#14541). The user stays off: nobody can log in as it.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap(({ name, address, facts: { acl } }) => {
      const plan = acl.planned.find((user) => user.name === 'default')
      const live = acl.users.find((user) => user.name === 'default')
      const lost = plan?.rules.filter((rule) => !live?.rules.includes(rule)) ?? []
      // One that is on is told of by a check of its own, whose mend gives it these rights, too.
      if (lost.length === 0 || live?.isOn) return []
      return {
        subject: name,
        evidence: `Its user default lacks ${lost.join(' ')}.`,
        mend: `${redisCli(address, 'ACL', 'SETUSER', 'default', 'off', ...lost)}\n${redisCli(address, 'ACL', 'SAVE')}`,
        fix: { kind: 'user', on: 'redis', address, user: 'default' },
      }
    }),
}
