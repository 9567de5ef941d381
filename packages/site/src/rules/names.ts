import { allHosts, dataCentrePath, hostsOf } from './hosts.ts'
import type { Rule } from './rule.ts'
import { rfc, SENTINEL_DOCS } from './sources.ts'

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`, 'i')
const HOST_NAME = new RegExp(`^${LABEL}$`)

/** Rules about the names of data centres, hosts and primaries. */
export const nameRules: readonly Rule[] = [
  {
    id: 'data-centre-name',
    severity: 'error',
    summary: 'The name of a data centre cannot be used in folders, units and certificates.',
    why: 'The name becomes a part of paths, of unit names and of certificates, which allow few characters.',
    fix: 'Use 1 to 32 of a-z, 0-9 and "-", and begin with a letter or a digit: dc1, east-2.',
    source: rfc(1123, 'Requirements for Internet Hosts, 2.1'),
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(dataCentre.name)) continue
        yield {
          path: dataCentrePath(dataCentre),
          message: `"${dataCentre.name}" is not a valid name: expected 1 to 32 of a-z, 0-9 and "-".`,
        }
      }
    },
  },
  {
    id: 'host-name',
    severity: 'error',
    summary: 'The name of a host is not a DNS label.',
    why: 'The name is in the certificate of the host, and it names the folder of its rendered files.',
    fix: 'Use 1 to 63 of a-z, 0-9 and "-", and begin and end with a letter or a digit. Put longer names under `names`.',
    source: rfc(1123, 'Requirements for Internet Hosts, 2.1'),
    *check(site) {
      for (const { host, path } of allHosts(site)) {
        if (HOST_NAME.test(host.name)) continue
        yield {
          path: [...path, 'name'],
          message: `"${host.name}" is not a valid name: expected 1 to 63 of a-z, 0-9 and "-".`,
        }
      }
    },
  },
  {
    id: 'duplicate-name',
    severity: 'error',
    summary: 'Two hosts of a data centre have a name in common.',
    why: 'Names are in certificates, so one host could impersonate the other. The rendered files of one host would also overwrite those of the other.',
    fix: 'Give each host its own `name` and `names`.',
    source: rfc(6125, 'Verification of Domain-Based Application Service Identity'),
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        const owners = new Map<string, string>()
        for (const { host, path } of hostsOf(dataCentre)) {
          const given = [
            { name: host.name, at: [...path, 'name'] },
            ...host.names.map((name, index) => ({ name, at: [...path, 'names', index] })),
          ]
          for (const { name, at } of given) {
            const owner = owners.get(name.toLowerCase())
            owners.set(name.toLowerCase(), owner ?? host.address)
            if (owner === undefined) continue
            yield { path: at, message: `The host at ${owner} already has the name ${name}.` }
          }
        }
      }
    },
  },
  {
    id: 'certificate-name',
    severity: 'error',
    summary: 'A name under `names` is not a DNS name.',
    why: 'The name is put into a certificate, where clients look for the DNS name that they connect to. A wildcard would let one host impersonate all others.',
    fix: 'Use full names such as redis-1.example.com. The certificate always contains the address.',
    source: rfc(5280, 'Internet X.509 Certificate Profile, 4.2.1.6'),
    *check(site) {
      for (const { host, path } of allHosts(site)) {
        for (const [index, name] of host.names.entries()) {
          if (DNS_NAME.test(name) && !/^[\d.]+$/.test(name)) continue
          yield { path: [...path, 'names', index], message: `"${name}" is not a DNS name.` }
        }
      }
    },
  },
  {
    id: 'primary-name',
    severity: 'error',
    summary: 'Sentinel cannot use the name of the primary.',
    why: 'Sentinel accepts letters, digits, ".", "-" and "_" in this name, and does not start with any other character.',
    fix: 'Use a name such as mymaster, or remove `primaryName`.',
    source: SENTINEL_DOCS,
    *check({ dataCentres }) {
      for (const dataCentre of dataCentres) {
        if (/^[A-Za-z0-9._-]{1,64}$/.test(dataCentre.primaryName)) continue
        yield {
          path: [...dataCentrePath(dataCentre), 'primaryName'],
          message: `"${dataCentre.primaryName}" is not a valid name: expected 1 to 64 of A-Z, a-z, 0-9, ".", "-" and "_".`,
        }
      }
    },
  },
]
