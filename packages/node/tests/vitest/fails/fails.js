// Not a test of its own: `packages/node/check` runs it, and reads what it prints.
import { test } from 'oauth-mimic/vitest'
import { expect } from 'vitest'
import { refresh } from '../../node/help.js'

test('fails on purpose', async ({ provider }) => {
  expect((await refresh(provider, 'unknown')).status).toBe(200)
})
