import { existsSync, readFileSync } from 'node:fs'
import { ask, findProgram, lastLines, run, SetupError } from './run.mjs'

/** What a data centre runs, and the package that brings it. `service` is what Debian would start at once. */
const PROGRAMS = [
  { program: 'redis-server', apt: 'redis-server', dnf: 'redis', brew: 'redis', service: 'redis-server' },
  { program: 'haproxy', apt: 'haproxy', dnf: 'haproxy', brew: 'haproxy', service: 'haproxy' },
  { program: 'openssl', apt: 'openssl', dnf: 'openssl', brew: 'openssl' },
]

/**
 * What only tests and benchmarks need, to try the rendered files, the fault campaign and foreign clients on the real
 * thing. Debian's names. `file`: what a package brings beside the program.
 */
const TEST_PROGRAMS = [
  { program: 'ip', apt: 'iproute2' },
  { program: 'nft', apt: 'nftables' },
  { program: 'gcc', apt: 'gcc libc6-dev' },
  { program: 'spin', apt: 'spin' },
  { program: 'stunnel4', apt: 'stunnel4', service: 'stunnel4' },
  { program: 'wg', apt: 'wireguard-tools' },
  { program: 'wireguard-go', apt: 'wireguard-go' },
  { program: 'nginx', apt: 'nginx-light', service: 'nginx' },
  { program: 'slapd', apt: 'slapd', service: 'slapd' },
  {
    program: 'python3',
    apt: 'python3 python3-redis',
    file: '/usr/lib/python3/dist-packages/redis/__init__.py',
  },
  { program: 'php', apt: 'php-cli php-redis' },
  { program: 'tcpdump', apt: 'tcpdump' },
  { program: 'systemd-analyze', apt: 'systemd' },
  { program: 'firewall-offline-cmd', apt: 'firewalld', service: 'firewalld' },
  { program: 'mmdebstrap', apt: 'mmdebstrap' },
  { program: 'rpmbuild', apt: 'rpm' },
  { program: 'patchelf', apt: 'patchelf' },
  { program: 'umoci', apt: 'umoci' },
  { program: 'runc', apt: 'runc' },
  // Ubuntu has no package of this name.
  ...(isDebian() ? [{ program: 'chromium', apt: 'chromium' }] : []),
]

function isDebian() {
  const file = '/etc/os-release'
  return existsSync(file) && /^ID=debian$/m.test(readFileSync(file, 'utf8'))
}

/** The programs that are neither in PATH nor in the system's sbin folders. */
export const missingPrograms = (find = findProgram) =>
  PROGRAMS.filter(({ program }) => find(program) === null)

/** Likewise those that only tests need: without them some tests are not run, and say so. */
export const missingTestPrograms = (find = findProgram, exists = existsSync) =>
  process.platform === 'linux'
    ? TEST_PROGRAMS.filter(
        ({ program, file }) => find(program) === null || (file !== undefined && !exists(file)),
      )
    : []

/** Which package manager this machine has: `apt`, `dnf`, `brew` or null. */
export function packageManager(find = findProgram) {
  if (find('apt-get')) return 'apt'
  if (find('dnf')) return 'dnf'
  if (find('brew')) return 'brew'
  return null
}

/** What a person would type. */
export function commandLine(manager, programs) {
  const packages = programs.map((entry) => entry[manager]).join(' ')
  if (manager === 'apt') return `sudo apt-get update && sudo apt-get install -y ${packages}`
  if (manager === 'dnf') return `sudo dnf install -y ${packages}`
  return `brew install ${packages}`
}

/** Installs the packages of the missing programs, or says in one line what to type. */
export async function installPrograms(programs, say) {
  const names = programs.map(({ program }) => program).join(', ')
  const manager = packageManager()
  if (manager === null) {
    throw new SetupError(
      `${names} missing, and none of apt-get, dnf and brew is here. Install ${names} and try again.`,
      3,
    )
  }
  const prefix = manager === 'brew' ? [] : rootPrefix()
  if (prefix === null) {
    throw new SetupError(
      `${names} missing. Type this once, then try again:  ${commandLine(manager, programs)}`,
      3,
    )
  }
  say(`${names} missing. Installing through ${manager === 'apt' ? 'apt-get' : manager} ...`)
  const services = programs.flatMap(({ service }) => (service ? [service] : []))
  if (manager === 'apt' && services.length > 0) {
    say(`the system's own ${services.join(' and ')} service is kept from starting, now and at boot.`)
  }
  const [program, ...args] = [...prefix, ...steps(manager, programs, services)]
  const { code, output } = await run(program, args)
  const still = programs.filter((entry) => findProgram(entry.program) === null)
  if (code === 0 && still.length === 0) return
  const what = still.map((entry) => entry.program).join(', ') || names
  throw new SetupError(
    `Could not install ${what}. Type this to see why:  ${commandLine(manager, programs)}\n${lastLines(output)}`,
  )
}

/** Installs what only tests need where that is possible, or says in one line what to type and what it is for. */
export async function installTestPrograms(programs, say) {
  if (packageManager() === 'apt' && rootPrefix() !== null) return installPrograms(programs, say)
  const packages = programs.map(({ apt }) => apt).join(' ')
  say(`some tests will not run without the programs of Debian's packages ${packages}.`)
}

/** Nothing for root, sudo where it asks no password, or null. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  return findProgram('sudo') && ask('sudo', ['-n', 'true']) !== null ? ['sudo', '-n'] : null
}

function steps(manager, programs, services) {
  const packages = programs.flatMap((entry) => entry[manager].split(' '))
  if (manager === 'apt') return ['sh', '-c', APT_SCRIPT, 'setup', services.join(' '), ...packages]
  if (manager === 'dnf') return ['dnf', 'install', '-y', ...packages]
  return ['brew', 'install', ...packages]
}

/**
 * Runs as root: $1 names the services that must not start, the rest are packages.
 *
 * Debian starts a service in its package's post-install step unless /usr/sbin/policy-rc.d says 101
 * (https://www.debian.org/doc/debian-policy/ch-opersys.html#interfacing-with-init-systems). A policy that is
 * there already stays as it is: a service that it lets start is stopped afterwards, being ours. A policy that
 * carries our mark was left by a set-up that was killed.
 */
const APT_SCRIPT = `
set -u
services=$1; shift
policy=/usr/sbin/policy-rc.d
mark='# Temporary, by the set-up of Holdfast.'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

exec 9>/run/holdfast-setup.lock
flock -w 600 9 || { echo 'another set-up is installing packages'; exit 1; }

if [ ! -e "$policy" ] || grep -qF "$mark" "$policy"; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\n%s\\ncase " %s " in *" $1 "*) exit 101 ;; esac\\nexit 0\\n' "$mark" "$services" >"$policy"
  chmod 755 "$policy"
fi

install() { apt-get -o DPkg::Lock::Timeout=120 install -y -q --no-install-recommends "$@" 9>&-; }
install "$@" || { apt-get -o DPkg::Lock::Timeout=120 update -q && install "$@"; } || exit 1

for service in $services; do
  if command -v systemctl >/dev/null; then
    systemctl disable "$service" || true
  elif command -v update-rc.d >/dev/null; then
    update-rc.d "$service" disable || true
  fi
  if [ -d /run/systemd/system ] && systemctl -q is-active "$service"; then systemctl stop "$service"; fi
done
exit 0
`
