/**
 * A mock OAuth 2.0 and OpenID Connect provider for tests.
 *
 * @packageDocumentation
 */
export { MimicError } from './error.js'
export { TokenServer, type StartOptions } from './server.js'
export {
  Provider,
  type ActiveRule,
  type AuthorizationResponse,
  type Client,
  type Exchange,
  type Expectation,
  type FailOptions,
  type Fault,
  type Filter,
  type Key,
  type Login,
  type MintOrder,
  type NamedRefreshToken,
  type Rule,
  type SandboxOptions,
  type Scenario,
  type TokenResponse,
  type User
} from './provider.js'
