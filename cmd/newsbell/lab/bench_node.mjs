// Sends with npm's web-push over kept connections, and prints the CPU it took.
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { createRequire } from 'node:module'

const input = JSON.parse(readFileSync(0))
const webpush = createRequire(input.packages + '/')('web-push')
const options = {
  vapidDetails: { subject: 'mailto:editors@newsbell.example', publicKey: input.public_key, privateKey: input.private_key },
  agent: new Agent({ keepAlive: true, maxSockets: input.in_flight, ca: input.ca }), TTL: 3600, urgency: 'normal',
}
const payload = 'x'.repeat(input.payload_bytes)
let next = 0

async function send() {
  while (next < input.pushes) {
    const endpoint = `${input.origin}/push/simulated-${next++}`
    await webpush.sendNotification({ endpoint, keys: { p256dh: input.p256dh, auth: input.auth } }, payload, options)
  }
}

const before = process.cpuUsage()
await Promise.all(Array.from({ length: input.in_flight }, send))
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ cpu_us: user + system }))
process.exit()
