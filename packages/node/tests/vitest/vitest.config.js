import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.test.{js,ts}'],
    globalSetup: process.env.VITEST_GLOBAL ? ['oauth-mimic/vitest/global-setup'] : [],
    sequence: { concurrent: true }
  }
})
