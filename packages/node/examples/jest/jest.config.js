export default {
  testEnvironment: 'oauth-mimic/jest',
  globalSetup: 'oauth-mimic/jest/global-setup',
  globalTeardown: 'oauth-mimic/jest/global-teardown'
}
