/**
 * `test` of Playwright Test, with a {@link Provider} for each test.
 *
 * @packageDocumentation
 */
import {
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestType,
  test as base
} from '@playwright/test'
import type { Provider, SandboxOptions } from './provider.js'
import { TokenServer } from './server.js'
import { reportOf } from './shared.js'

export { expect } from '@playwright/test'

/** What a test gets besides the fixtures of Playwright. */
export interface Fixtures {
  /** The provider of this test. Its label is the name of the test. */
  provider: Provider
  /** What the provider is to be: `test.use({ providerOptions: … })`. Default: as in the server's initial state. */
  providerOptions: SandboxOptions
}

/** What a worker gets besides the fixtures of Playwright. */
export interface WorkerFixtures {
  /** The server: the one at `OAUTH_MIMIC_URL`, or one for each worker. */
  mimic: TokenServer
}

/** The `test` of Playwright with a provider. If it fails, the journal of the provider is printed, and attached to its result. */
export const test: TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & Fixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & WorkerFixtures
> = base.extend<Fixtures, WorkerFixtures>({
  mimic: [
    async ({}, use) => {
      const server = await TokenServer.start()
      await use(server)
      await server.stop()
    },
    { scope: 'worker' }
  ],
  providerOptions: [{}, { option: true }],
  provider: async ({ mimic, providerOptions }, use, info) => {
    // The first part of the path is the file.
    const label = info.titlePath.slice(1).join(' > ')
    const provider = await mimic.sandbox({ label, ...providerOptions })
    await use(provider)
    if (info.status !== info.expectedStatus) {
      const report = await reportOf(provider)
      // The reporters for a terminal cut an attachment off after some lines.
      console.error(report)
      await info.attach('oauth-mimic', { body: report, contentType: 'text/plain' })
    }
    await provider.close()
  }
})
