/**
 * One server for all workers of Vitest: `globalSetup: ['oauth-mimic/vitest/global-setup']`.
 *
 * @packageDocumentation
 */
import type { TestProject } from 'vitest/node'
import { TokenServer } from '../server.js'
import type {} from './index.js'

/** Starts the server, and returns what ends it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await TokenServer.start()
  project.provide('oauthMimicUrl', server.url)
  return () => server.stop()
}
