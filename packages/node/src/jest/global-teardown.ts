import type {} from './global-setup.js'

/** Ends the server of the global set-up. */
export default async function teardown(): Promise<void> {
  await globalThis.oauthMimicOfJest?.stop()
}
