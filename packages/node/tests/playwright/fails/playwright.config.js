export default { testDir: '.', testMatch: 'fails.js', reporter: 'list' }
