export default { test: { include: ['fails.js'] } }
