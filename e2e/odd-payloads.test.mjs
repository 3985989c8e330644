import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { registerWorker, startChromium } from './lib/chromium.mjs'
import { startNewsbell } from './lib/newsbell.mjs'

const payload = JSON.parse(await readFile(new URL('../notifier/testdata/payload.json', import.meta.url), 'utf8'))
const { title, body, tag } = payload.notification

async function receiver(t) {
  const newsbell = await startNewsbell(t)
  const context = await startChromium(t)
  const page = await context.newPage()
  await page.goto(newsbell.page)
  return registerWorker(context, page)
}

// pushed returns the payload of a new alert.
let alert = 0
const pushed = changes => {
  const data = { ...payload.notification.data, alert: ++alert }
  return JSON.stringify({ ...payload, notification: { ...payload.notification, data, ...changes } })
}

test('an alert is shown without the parts that the browser rejects', async t => {
  const { push, shown } = await receiver(t)
  const open = { action: 'open', title: 'Read' }
  const odd = {
    'no actions': { actions: null },
    'actions that are not a list': { actions: { open } },
    'an action that is null': { actions: [null, open], left: [open] },
    'an action without a title': { actions: [{ action: 'mute' }, open], left: [open] },
    'silent with a vibration pattern': { vibrate: [100], silent: true },
    'no data': { data: null },
    'an unknown direction': { dir: 'sideways' },
  }
  for (const [name, { left = [], ...changes }] of Object.entries(odd)) {
    await push(pushed({ title: name, ...changes }))
    const [{ navigate, actions, ...seen }] = await shown()
    assert.deepEqual(seen, { title: name, body, tag })
    assert.equal(navigate, payload.notification.navigate)
    if (changes.actions !== undefined) assert.deepEqual(actions, left, name)
  }
  await push(pushed({ title: 'Again without a tag', tag: undefined, renotify: true }))
  assert.ok((await shown()).some(({ title }) => title === 'Again without a tag'))
})

test('an alert does not wait for a database that never answers', async t => {
  const { worker, push, shown } = await receiver(t)
  await worker.evaluate(() => {
    for (const method of ['all', 'has', 'dismissals']) alertLog[method] = () => new Promise(() => {})
  })
  await push(pushed({}))
  assert.deepEqual((await shown()).map(({ title }) => title), [title])
})

test('a notification that cannot be shown at all is replaced by a generic one', async t => {
  const { worker, push, shown } = await receiver(t)
  await worker.evaluate(() => {
    const show = registration.showNotification
    registration.showNotification = (title, options) => title === 'Newsbell' ? show(title, options) : Promise.reject(new TypeError('no'))
  })
  await push(pushed({}))
  assert.deepEqual((await shown()).map(({ title }) => title), ['Newsbell'])
})
