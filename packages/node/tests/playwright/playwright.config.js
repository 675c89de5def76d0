export default { testDir: '.', testMatch: '*.spec.js', fullyParallel: true, workers: 2, reporter: 'list' }
