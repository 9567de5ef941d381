export {
  type AuthorityRequest,
  type CertificateRequest,
  type Credential,
  createAuthority,
  issueCertificate,
} from './certificate.ts'
export { MOST_AUTHORITY_DAYS, MOST_DAYS } from './days.ts'
export { type CertificateFile, CertificateFolder } from './folder.ts'
export { type CertificateFacts, inspectCertificate, isSignedBy, type Purpose } from './inspect.ts'
