import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { globalSetup: ['oauth-mimic/vitest/global-setup'] }
})
