// The example of the guide, with one server for all workers.
import shown from '../examples/playwright/one-server.config.js'
import { use } from './chromium.js'

export default {
  ...shown,
  testDir: '../examples/playwright',
  testMatch: 'login.spec.js',
  testIgnore: '**/web-server/**',
  workers: 2,
  reporter: 'list',
  use
}
