import { addressIsIp } from './address-is-ip.ts'
import { addressSpelling } from './address-spelling.ts'
import { applicationBesideRedis } from './application-beside-redis.ts'
import { asDocumentedLosesLogins } from './as-documented-loses-logins.ts'
import { backlogFitsBuffer } from './backlog-fits-buffer.ts'
import { balancerBeforeNothing } from './balancer-before-nothing.ts'
import { balancerBesideRedis } from './balancer-beside-redis.ts'
import { certificateName } from './certificate-name.ts'
import { dataCentreName } from './data-centre-name.ts'
import { downAfterTooShort } from './down-after-too-short.ts'
import { duplicateAddress } from './duplicate-address.ts'
import { duplicateName } from './duplicate-name.ts'
import { engineEndOfLife } from './engine-end-of-life.ts'
import { equalPriorities } from './equal-priorities.ts'
import { failoverOutlastsClients } from './failover-outlasts-clients.ts'
import { failoverTimeoutTooShort } from './failover-timeout-too-short.ts'
import { gatewaySettings } from './gateway-settings.ts'
import { hostInTwoDataCentres } from './host-in-two-data-centres.ts'
import { hostName } from './host-name.ts'
import { loopbackMixed } from './loopback-mixed.ts'
import { majorityQuorum } from './majority-quorum.ts'
import { maxmemoryPolicy } from './maxmemory-policy.ts'
import { memoryHoldsBacklog } from './memory-holds-backlog.ts'
import { mixedFamilies } from './mixed-families.ts'
import { mongodbBesideRedis } from './mongodb-beside-redis.ts'
import { oddSentinels } from './odd-sentinels.ts'
import { operatorSecretsInFile } from './operator-secrets-in-file.ts'
import { plainNeedsReason } from './plain-needs-reason.ts'
import { plainOnPublicAddress } from './plain-on-public-address.ts'
import { primaryName } from './primary-name.ts'
import { proxyUnknown } from './proxy-unknown.ts'
import { publicAddress } from './public-address.ts'
import { rabbitmqBesideRedis } from './rabbitmq-beside-redis.ts'
import { reasonWithoutPlain } from './reason-without-plain.ts'
import { redisWithSentinel } from './redis-with-sentinel.ts'
import { replicaToPromote } from './replica-to-promote.ts'
import { reusedSecret } from './reused-secret.ts'
import type { Rule, RuleText, ValuesRule } from './rule.ts'
import { runsOnce } from './runs-once.ts'
import { secretInFile } from './secret-in-file.ts'
import { secretsOpen } from './secrets-open.ts'
import { secretsPrefix } from './secrets-prefix.ts'
import { secretsUnusable } from './secrets-unusable.ts'
import { severalApplications } from './several-applications.ts'
import { shape } from './shape.ts'
import { sharedSecretsPlace } from './shared-secrets-place.ts'
import { shortSecret } from './short-secret.ts'
import { slowFailover } from './slow-failover.ts'
import { syntax } from './syntax.ts'
import { threeRedis } from './three-redis.ts'
import { threeSentinels } from './three-sentinels.ts'
import { tunnelAddressMissing } from './tunnel-address-missing.ts'
import { tunnelAddressOverlap } from './tunnel-address-overlap.ts'
import { tunnelAddressRange } from './tunnel-address-range.ts'
import { tunnelAddressUnused } from './tunnel-address-unused.ts'
import { usableAddress } from './usable-address.ts'
import { weakSecret } from './weak-secret.ts'

/** What the form of the file is judged by, before there is a site. */
const READING_RULES: readonly RuleText[] = [syntax, shape]

export const VALUES_RULES: readonly ValuesRule[] = [secretInFile]

/** Rules about a site: layout, neighbours, isolation, addresses, names, transport, timings, Redis, engine, secrets. */
export const SITE_RULES: readonly Rule[] = [
  threeRedis,
  threeSentinels,
  oddSentinels,
  redisWithSentinel,
  runsOnce,
  majorityQuorum,
  mongodbBesideRedis,
  rabbitmqBesideRedis,
  applicationBesideRedis,
  balancerBesideRedis,
  balancerBeforeNothing,
  severalApplications,
  proxyUnknown,
  gatewaySettings,
  hostInTwoDataCentres,
  sharedSecretsPlace,
  operatorSecretsInFile,
  addressIsIp,
  addressSpelling,
  duplicateAddress,
  usableAddress,
  loopbackMixed,
  mixedFamilies,
  publicAddress,
  dataCentreName,
  hostName,
  duplicateName,
  certificateName,
  primaryName,
  plainNeedsReason,
  plainOnPublicAddress,
  reasonWithoutPlain,
  tunnelAddressMissing,
  tunnelAddressRange,
  tunnelAddressOverlap,
  tunnelAddressUnused,
  downAfterTooShort,
  slowFailover,
  failoverTimeoutTooShort,
  failoverOutlastsClients,
  backlogFitsBuffer,
  memoryHoldsBacklog,
  maxmemoryPolicy,
  replicaToPromote,
  equalPriorities,
  engineEndOfLife,
  asDocumentedLosesLogins,
  secretsOpen,
  secretsUnusable,
  secretsPrefix,
  weakSecret,
  shortSecret,
  reusedSecret,
]

/** Every rule, in the order of the documentation. INV-SITE-3. */
export const RULES: readonly RuleText[] = [...READING_RULES, ...VALUES_RULES, ...SITE_RULES]
