/**
 * `test` of Vitest, with a {@link Provider} for each test.
 *
 * @packageDocumentation
 */
import { inject, type TestAPI, test as base } from 'vitest'
import type { Provider, SandboxOptions } from '../provider.js'
import type { TokenServer } from '../server.js'
import { reportOf, sharedServer } from '../shared.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The address of the server of `oauth-mimic/vitest/global-setup`. */
    oauthMimicUrl?: string
  }
}

/** What a test gets. */
export interface Fixtures {
  /** The server: the one of the global set-up, or one for each worker. */
  mimic: TokenServer
  /** The provider of this test. Its label is the name of the test. */
  provider: Provider
  /** What the provider is to be. Default: as in the server's initial state. */
  providerOptions: SandboxOptions
}

/** The `test` of Vitest with {@link Fixtures}. If it fails, the journal of its provider is printed. */
export const test: TestAPI<Fixtures> = base.extend<Fixtures>({
  mimic: [
    async ({}, use: (server: TokenServer) => Promise<void>) => use(await sharedServer(inject('oauthMimicUrl'))),
    { scope: 'worker' }
  ],
  providerOptions: {},
  provider: async ({ mimic, providerOptions, task }, use) => {
    const provider = await mimic.sandbox({ label: nameOf(task), ...providerOptions })
    await use(provider)
    if (task.result?.errors?.length) console.error(await reportOf(provider))
    await provider.close()
  }
})

export const it: typeof test = test

interface Named {
  name: string
  suite?: Named | undefined
}

function nameOf(task: Named): string {
  return task.suite?.name ? `${nameOf(task.suite)} > ${task.name}` : task.name
}
