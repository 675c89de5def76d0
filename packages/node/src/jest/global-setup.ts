/**
 * One server for all workers of Jest: `globalSetup: 'oauth-mimic/jest/global-setup'` and
 * `globalTeardown: 'oauth-mimic/jest/global-teardown'`.
 *
 * @packageDocumentation
 */
import { TokenServer } from '../server.js'

declare global {
  /** @internal */
  var oauthMimicOfJest: TokenServer | undefined
}

/** Starts the server. The workers, which start later, have its address in the environment. */
export default async function setup(): Promise<void> {
  const server = await TokenServer.start()
  globalThis.oauthMimicOfJest = server
  process.env.OAUTH_MIMIC_URL = server.url
}
