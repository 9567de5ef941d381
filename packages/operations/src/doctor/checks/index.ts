import type { Check } from '../finding.ts'
import { ACL_DENIAL_CHECKS } from './acl-denials.ts'
import { ENGINE_CHECKS } from './engine.ts'
import { FAILOVER_SETTING_CHECKS } from './failover-settings.ts'
import { HOST_AND_PROCESS_CHECKS } from './hosts-and-processes.ts'
import { MEMORY_AND_SETTING_CHECKS } from './memory-and-settings.ts'
import { OPERATION_CHECKS } from './operations.ts'
import { PERSISTENCE_CHECKS } from './persistence.ts'
import { PRIMARY_AND_REPLICA_CHECKS } from './primary-and-replicas.ts'
import { PROXY_CHECKS } from './proxies.ts'
import { SECRET_AND_CERTIFICATE_CHECKS } from './secrets-and-certificates.ts'
import { SENTINEL_CHECKS } from './sentinels.ts'
import { USER_AND_PASSWORD_CHECKS } from './users-and-passwords.ts'

/** All checks, in the order in which findings of the same severity are reported. */
export const CHECKS: readonly Check[] = [
  ...HOST_AND_PROCESS_CHECKS,
  ...ENGINE_CHECKS,
  ...PRIMARY_AND_REPLICA_CHECKS,
  ...SENTINEL_CHECKS,
  ...FAILOVER_SETTING_CHECKS,
  ...PERSISTENCE_CHECKS,
  ...MEMORY_AND_SETTING_CHECKS,
  ...USER_AND_PASSWORD_CHECKS,
  ...PROXY_CHECKS,
  ...ACL_DENIAL_CHECKS,
  ...SECRET_AND_CERTIFICATE_CHECKS,
  ...OPERATION_CHECKS,
]
