// Not a test of its own: `packages/node/check` runs it, and reads what it prints.
import { expect, test } from 'oauth-mimic/playwright'
import { refresh } from '../../node/help.js'

test('fails on purpose', async ({ provider }) => {
  expect((await refresh(provider, 'unknown')).status).toBe(200)
})
