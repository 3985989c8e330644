import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { registerWorker, startChromium } from './lib/chromium.mjs'
import { startFirefox } from './lib/firefox.mjs'
import { startNewsbell, until } from './lib/newsbell.mjs'
import { startNewspaper } from './lib/newspaper.mjs'

const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const payload = await readFile(new URL('../notifier/testdata/payload.json', import.meta.url), 'utf8')

// start starts a newspaper and a Newsbell that lists it as an embed origin.
async function start(t, { isListed = true } = {}) {
  const newspaper = await startNewspaper(t)
  const newsbell = await startNewsbell(t, { embedOrigin: isListed ? newspaper.url : undefined })
  newspaper.newsbell = newsbell.url
  return { newspaper, newsbell }
}

const part = name => `newsbell-follow >>> .follow-${name}`

// inside waits for a part of the element. (waitForSelector does not notice changes in a
// shadow root.)
const inside = (page, selector, text) => page.waitForFunction((selector, text) => {
  const part = document.querySelector('newsbell-follow').shadowRoot?.querySelector(selector)
  return part && (text ?? part.textContent) === part.textContent && part
}, { polling: 50 }, selector, text)

async function open(page) {
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click(part('button'))
  await inside(page, 'dialog[open]')
}

async function follow(page) {
  await open(page)
  await page.click(part('confirm'))
  await label(page, 'Following')
}

const label = (page, text) => inside(page, '.follow-label', text)

// problem waits for the dialog's error message.
const problem = async page => (await inside(page, '.follow-problem:not(:empty)')).evaluate(e => e.textContent)

const choose = (page, name, value) => page.click(`newsbell-follow >>> input[name=${name}][value="${value}"]`)

test('a reader of a newspaper follows there, is notified, reads on at Newsbell, and unfollows', async t => {
  const { newspaper, newsbell } = await start(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newspaper.url)
  await follow(page)
  assert.deepEqual(await newsbell.rows(), { subscriptions: 1, follows: 1, failures: 0 })

  const { id } = await newsbell.publish({ headline: 'Messages are failing' })
  const shown = await firefox.notification(newspaper.url, 'Messages are failing')
  assert.equal(shown.tag, 'outage/messages-down')
  await firefox.window('Messages are failing')
  await firefox.click('Messages are failing')
  const opened = await firefox.browser.waitForTarget(target => target.url() === `${newsbell.page}#update-${id}`)
  await (await opened.page()).waitForSelector(`#update-${id}`)

  await newsbell.command('vapid', 'rotate')
  await page.bringToFront()
  await page.reload()
  await label(page, 'Following')
  const [current] = (await newsbell.command('vapid', 'list')).trim().split('\n').slice(1).map(line => line.split(/ {2,}/))
  assert.deepEqual([current[2], current[3]], ['true', '1'], 'the visit moved the browser to the new key')
  await open(page)
  await choose(page, 'level', 'resolution')
  await page.click(part('confirm'))
  await inside(page, 'dialog:not([open])')
  assert.equal((await newsbell.publish({ headline: 'Not for this level', alert: 'key' })).alert.counts.audience, 0)

  await open(page)
  await page.click(part('unfollow'))
  await label(page, 'Follow')
  assert.equal((await newsbell.rows()).follows, 0)
})

test('"Mute this outage" and "Forget this browser" work on a newspaper with a worker of its own', async t => {
  const { newspaper, newsbell } = await start(t)
  newspaper.change = text => text.replace(' worker="/service-worker.js"', '').replace('outage="messages-down"', 'app="messenger"')
  const firefox = await startFirefox(t)
  const page = await firefox.open(newspaper.url)
  await open(page)
  await page.click(part('confirm'))
  assert.match(await problem(page), /could not start the background service that receives notifications/)

  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js')
    await navigator.serviceWorker.ready
  })
  await page.click(part('confirm'))
  await label(page, 'Following')
  await newsbell.publish({ headline: 'Loud', apps: ['messenger'] })
  await firefox.window('Loud')
  await firefox.act('Loud', 'mute')
  await until(async () => (await newsbell.rows()).follows === 2, 'the mute is a row')
  assert.equal((await newsbell.publish({ headline: 'Silent', apps: ['messenger'] })).alert.counts.audience, 0)

  const kept = () => page.evaluate(() => database('newsbell-alerts', 'alerts', 'dismissals').alerts.keys())
  assert.equal((await kept()).length, 1)
  await page.setViewport({ width: 800, height: 600 })
  await open(page)
  await page.click(`${part('forget')} summary`)
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector('newsbell-follow').shadowRoot.querySelector('.follow-forget button').getBoundingClientRect()
    return top > 0 && bottom < innerHeight
  }, { polling: 50 })
  await page.click(`${part('forget')} button`)
  await label(page, 'Follow')
  assert.deepEqual(await newsbell.rows(), { subscriptions: 0, follows: 0, failures: 0 })
  assert.deepEqual(await kept(), [])
  assert.equal(await page.evaluate(async () => await (await navigator.serviceWorker.ready).pushManager.getSubscription()), null)
})

test('the newspaper’s own push subscription stays unchanged', async t => {
  const { newspaper, newsbell } = await start(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newspaper.url)
  const own = await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js')
    const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const applicationServerKey = await crypto.subtle.exportKey('raw', publicKey)
    const { pushManager } = await navigator.serviceWorker.ready
    return (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).endpoint
  })
  await open(page)
  await page.click(part('confirm'))
  assert.match(await problem(page), /notifications of its own/)
  assert.equal(await page.evaluate(async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()).endpoint), own)
  assert.equal((await newsbell.rows()).subscriptions, 0)
})

test('a newspaper that is not listed cannot subscribe readers, and the element says why', async t => {
  const { newspaper, newsbell } = await start(t, { isListed: false })
  const context = await startChromium(t)
  const page = await context.newPage()
  await page.goto(newspaper.url)
  const words = await inside(page, '[role=alert]')
  assert.equal(await words.evaluate(e => e.textContent), 'This page cannot offer notifications: its address is not on Newsbell’s list.')
  assert.equal(await page.$(part('button')), null)
  assert.equal(await page.$eval('newsbell-follow a', link => link.checkVisibility()), true)

  const browserOf = { endpoint: `${newsbell.push.url}/push/1`, keys: { p256dh: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8', auth: 'BTBZMqHH6r4Tts7J_aSIgg' } }
  const body = JSON.stringify({ subscription: browserOf, follows: [{ topic: 'outage/messages-down', level: 'all' }], time_zone: 'UTC' })
  const subscribe = options => page.evaluate((url, body, options) =>
    fetch(url, { method: 'POST', body: new Blob([body]), ...options }).then(answer => answer.type, error => error.name), newsbell.url + '/api/v1/subscriptions', body, options)
  assert.equal(await subscribe({ headers: { 'content-type': 'application/json' } }), 'TypeError')
  assert.equal(await subscribe({}), 'TypeError')
  assert.equal(await subscribe({ mode: 'no-cors' }), 'opaque')
  assert.equal((await newsbell.rows()).subscriptions, 0)
  const program = await fetch(newsbell.url + '/api/v1/subscriptions', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  assert.equal(program.status, 201, 'the rejected request was valid but for its origin')
})

test('axe finds no violation in the element, and no style of the page affects it', async t => {
  const { newspaper } = await start(t)
  const context = await startChromium(t)
  const page = await context.newPage()
  await page.setBypassCSP(true) // to inject axe and styles
  const look = () => page.evaluate(() => {
    const { shadowRoot } = document.querySelector('newsbell-follow')
    return ['.follow-button', '.follow-status', 'dialog h2', '.choice small'].map(part => {
      const { color, backgroundColor, fontSize, fontFamily, lineHeight, textTransform, paddingInlineStart } = getComputedStyle(shadowRoot.querySelector(part))
      return { part, color, backgroundColor, fontSize, fontFamily, lineHeight, textTransform, paddingInlineStart }
    })
  })
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }])
    await page.goto(newspaper.url)
    await open(page)
    await page.$eval('newsbell-follow', element => {
      element.toggleAttribute('data-known', true)
      element.shadowRoot.querySelector('details').open = true
    })
    await page.evaluate(axe)
    const { violations } = await page.evaluate(() => self.axe.run('newsbell-follow'))
    assert.deepEqual(violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html, failureSummary }) => [html, failureSummary]) })), [], scheme)
    const before = await look()
    const heading = await page.$eval('h1', e => getComputedStyle(e).fontFamily)
    await page.addStyleTag({ content: `
      html { font: 62.5%/3 monospace; color: red; text-transform: uppercase }
      * { padding: 3em; color: red }
      :root { --accent: red; --sans: monospace }
      button, h2, small { background: red !important; font-size: 50px !important }` })
    assert.deepEqual(await look(), before.map(({ ...values }) => values), scheme)
    assert.notEqual(await page.$eval('h1', e => getComputedStyle(e).fontFamily), heading, 'the page’s own style changed')
    await page.addStyleTag({ content: 'newsbell-follow { --accent: rgb(1, 2, 3); --sans: fantasy }' })
    const [button] = await look()
    assert.deepEqual([button.backgroundColor, button.fontFamily], ['rgb(1, 2, 3)', 'fantasy'])
  }
  newspaper.change = text => text.replace('<newsbell-follow ', '<newsbell-follow scheme="light" ')
  await page.goto(newspaper.url)
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await page.$eval('newsbell-follow', e => getComputedStyle(e).backgroundColor), 'rgb(255, 255, 255)')
})

test('the worker handles Newsbell’s pushes and clicks and leaves the newspaper its own', async t => {
  const { newspaper, newsbell } = await start(t)
  newspaper.change = (text, name) => name !== 'service-worker.js' ? text : `${text}
    const base = 'the newspaper may use any name'
    self.heard = []
    self.addEventListener('push', event => {
      self.heard.push(event.data.text())
      event.waitUntil(registration.showNotification('The newspaper’s own'))
    })
    self.addEventListener('notificationclick', event => self.heard.push('click on ' + event.notification.title))`
  const context = await startChromium(t)
  const page = await context.newPage()
  const complaints = []
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  await page.goto(newspaper.url)
  await open(page)
  const { push, shown, worker } = await registerWorker(context, page)
  assert.deepEqual(complaints, [], 'the Content-Security-Policy suffices')
  const heard = () => worker.evaluate(() => self.heard)
  const ours = payload.replaceAll('https://news.example', newsbell.url)
  const { title, navigate } = JSON.parse(ours).notification
  await push(ours)
  assert.deepEqual((await shown()).map(({ title }) => title), [title])
  assert.deepEqual(await heard(), [])
  const theirs = ['{"the": "newspaper"}', payload, ours.replace('8030', '1'), 'text']
  for (const text of theirs) await push(text)
  assert.deepEqual(await heard(), theirs)

  // Chromium may have dropped some notifications, so the test dispatches the clicks.
  const opened = await worker.evaluate(async navigate => {
    self.heard = []
    const opened = []
    clients.openWindow = async address => { opened.push(address) }
    for (const [title, data] of [['ours', { navigate }], ['theirs', null], ['theirs', { navigate: '/sport' }]]) {
      let work
      const notification = { title, data, close() {} }
      self.dispatchEvent(Object.assign(new Event('notificationclick'), { action: '', notification, waitUntil: promise => { work = promise } }))
      await work
    }
    return opened
  }, navigate)
  assert.deepEqual(opened, [navigate])
  assert.deepEqual(await heard(), ['click on theirs', 'click on theirs'])
})
