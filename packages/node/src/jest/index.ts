/**
 * The test environment of Jest for Node, in which each test has a {@link Provider} as the global `provider`:
 * `testEnvironment: 'oauth-mimic/jest'`.
 *
 * It works in tests that are CommonJS, too, because it runs outside of the module system of Jest.
 *
 * @packageDocumentation
 */
import { TestEnvironment } from 'jest-environment-node'
import type { Provider } from '../provider.js'
import type { TokenServer } from '../server.js'
import { reportOf, sharedServer } from '../shared.js'

declare global {
  /** The server: the one of `oauth-mimic/jest/global-setup`, or one for each worker. */
  var mimic: TokenServer
  /** The provider of the test that runs. Its label is the name of the test. */
  var provider: Provider
}

/** What Jest reports of a test, as far as it is used here. */
export interface TestEvent {
  name: string
  test?: Named & { errors: readonly unknown[] }
}

/** A test or the block around it. */
export interface Named {
  name: string
  parent?: Named | undefined
}

/** The environment of Jest for Node, with the globals `mimic` and `provider`. */
export default class MimicEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup()
    this.global.mimic = await sharedServer()
  }

  /** Makes the provider before the hooks of a test run, and removes it after them. */
  async handleTestEvent(event: TestEvent): Promise<void> {
    if (event.test === undefined) return
    if (event.name === 'test_start') {
      const server = this.global.mimic as TokenServer
      this.global.provider = await server.sandbox({ label: nameOf(event.test) })
    } else if (event.name === 'test_done') {
      const provider = this.global.provider as Provider
      if (event.test.errors.length > 0) process.stderr.write(`${await reportOf(provider)}\n`)
      await provider.close()
    }
  }
}

function nameOf(test: Named): string {
  const names: string[] = []
  // The outermost block has a name of Jest's own.
  for (let named: Named | undefined = test; named?.parent; named = named.parent) names.unshift(named.name)
  return names.join(' > ')
}
