// Sends a plan of requests at a steady rate and tells how each went, as one JSON array on stdout.
// Usage: node load.mjs PLAN.json   with {base, rate, requests: [{kind, path, key}]}
// A row: kind, status (0: no answer), ms since it was due, ms by which it was sent late.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const require = createRequire(`${process.env.LOADTEST_DIR}/`)
const { loadTest } = await import(pathToFileURL(require.resolve('loadtest')))
const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const told = []
let asked = 0
let first = 0

await loadTest({
  url: plan.base,
  requestsPerSecond: plan.rate,
  maxRequests: plan.requests.length,
  timeout: 60000,
  agentKeepAlive: true,
  quiet: true,
  requestGenerator: (options, params, request, callback) => {
    const { kind, path, key } = plan.requests[asked]
    const now = performance.now()
    first ||= now
    const due = first + (asked++ * 1000) / plan.rate
    const headers = { ...params.headers, 'X-API-Key': key }
    const sent = request({ ...params, path, headers }, (response) => {
      response.on('end', () => {
        told.push([kind, response.statusCode, performance.now() - due, now - due])
      })
      callback(response)
    })
    sent.on('error', () => told.push([kind, 0, performance.now() - due, now - due]))
    return sent
  },
})
process.stdout.write(JSON.stringify(told), () => process.exit(0))
