// Reads one JSON message a line ({privateKey, auth, body}, base64url) and
// writes the opened plaintext of each, base64url, one a line.
import { createECDH } from 'node:crypto'
import { createInterface } from 'node:readline'
import ece from 'http_ece'

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  const privateKey = createECDH('prime256v1')
  privateKey.setPrivateKey(Buffer.from(message.privateKey, 'base64url'))
  const plaintext = ece.decrypt(Buffer.from(message.body, 'base64url'), {
    version: 'aes128gcm',
    privateKey,
    authSecret: message.auth,
  })
  console.log(plaintext.toString('base64url'))
}
