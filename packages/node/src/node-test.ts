/**
 * `test` of `node:test`, with a {@link Provider} for each test.
 *
 * @packageDocumentation
 */
import { test as base, type TestContext, type TestOptions } from 'node:test'
import type { Provider, SandboxOptions } from './provider.js'
import type { TokenServer } from './server.js'
import { reportOf, sharedServer } from './shared.js'

/** What a test gets. */
export interface Fixtures {
  /** The provider of this test. Its label is the name of the test. */
  provider: Provider
  /** The server, which all tests of the process share. */
  mimic: TokenServer
  /** The context of `node:test`. */
  t: TestContext
}

/** The options of a test: those of `node:test`, and those of its provider. */
export interface Options extends TestOptions {
  /** What the provider is to be. */
  providerOptions?: SandboxOptions
}

type Body = (fixtures: Fixtures) => void | Promise<void>

/** Declares a test. If it fails, its diagnostics are the journal of its provider. */
export function test(name: string, body: Body): void
export function test(name: string, options: Options, body: Body): void
export function test(name: string, ...rest: [Body] | [Options, Body]): void {
  const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest
  const { providerOptions, ...others } = options
  void base(name, others, async (t) => {
    const mimic = await sharedServer()
    const provider = await mimic.sandbox({ label: nameOf(t), ...providerOptions })
    try {
      await body({ provider, mimic, t })
    } catch (why) {
      for (const line of (await reportOf(provider)).split('\n')) t.diagnostic(line)
      throw why
    } finally {
      await provider.close()
    }
  })
}

/** The name of the test, with those of the suites around it where this version of Node has them. */
function nameOf(t: TestContext): string {
  return 'fullName' in t && typeof t.fullName === 'string' ? t.fullName : t.name
}
