import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startChromium } from './lib/chromium.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { openPage, startReader } from './lib/reader.mjs'

const iPhone = version => `Mozilla/5.0 (iPhone; CPU iPhone OS ${version} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1`
const without = name => page => page.evaluateOnNewDocument(name => { delete window[name] }, name)
const answering = answer => page => page.evaluateOnNewDocument(answer => {
  Object.defineProperty(Notification, 'permission', { get: () => self.answered ?? 'default' })
  Notification.requestPermission = async () => (self.answered = answer)
}, answer)

// obstacles are simulated in a browser; words is what the page must say about each.
const obstacles = {
  'apple-tab': { as: page => page.setUserAgent({ userAgent: iPhone('17_5') }), words: /Share button.*Add to Home Screen.*press Follow there/ },
  'apple-old': {
    as: async page => {
      await page.setUserAgent({ userAgent: iPhone('15_8') })
      await page.evaluateOnNewDocument(() => { Object.defineProperty(navigator, 'standalone', { value: true }) })
      await without('PushManager')(page)
    },
    words: /16\.4 or newer.*Software Update/,
  },
  'other-app': { as: page => page.setUserAgent({ userAgent: iPhone('17_5') + ' [FBAN/FBIOS;FBAV/450.0]' }), words: /Open in browser/ },
  unsupported: { as: without('PushManager'), words: /private window.*does not support.*In Firefox, they also work in a private window, until you close it/ },
  insecure: { as: page => page.evaluateOnNewDocument(() => { Object.defineProperty(window, 'isSecureContext', { value: false }) }), words: /https/ },
  blocked: { as: (page, context, { url }) => context.overridePermissions(url, []), words: /are blocked.*Switch Notifications on/ },
}

for (const [id, { as, words }] of Object.entries(obstacles))
  test(`${id}: the dialog says what is wrong, and what to do`, async t => {
    const newsbell = await startNewsbell(t)
    const context = await startChromium(t)
    const page = await context.newPage()
    await as(page, context, newsbell)
    const dialog = await opened(page, newsbell)
    assert.equal(await dialog.$eval('.follow-obstacle', e => e.dataset.obstacle), id)
    assert.match(await dialog.$eval('.follow-obstacle', e => e.textContent), words)
    assert.equal(await dialog.$eval('.follow-confirm', e => e.hidden), true)
    await page.goto(newsbell.url + '/preferences')
    await page.waitForSelector('#preferences[data-ready]')
    assert.match(await page.$eval('#permission', e => e.textContent), words)
  })

const answers = { denied: [/Notifications were not allowed.*private window.*end when you close the window/, true], default: [/haven’t answered.*bell icon next to the address/, false] }

for (const [answer, [words, final]] of Object.entries(answers))
  test(`when the browser's question is answered with ${answer}, nothing is sent to the server`, async t => {
    const newsbell = await startNewsbell(t)
    const context = await startChromium(t)
    const page = await openPage(context, newsbell)
    await answering(answer)(page)
    await page.setUserAgent({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0' })
    const dialog = await opened(page, newsbell)
    assert.match(await dialog.$eval('.follow-next', e => e.textContent), /browser will ask.*In a private window, your follows end when you close it/)
    await page.click('.follow-confirm')
    await page.waitForSelector('.follow-obstacle:not([hidden])')
    assert.match(await dialog.$eval('.follow-obstacle', e => e.textContent), words)
    assert.equal(await dialog.$eval('.follow-confirm', e => e.hidden), final)
    assert.equal(await dialog.$eval('.follow-obstacle[role=alert] h3', e => e === document.activeElement), true)
    assert.equal((await newsbell.rows()).subscriptions, 0)
  })

test('the preferences show a change of permission at once', async t => {
  const { newsbell, context, page } = await startReader(t, { topics: [] })
  await page.goto(newsbell.url + '/preferences')
  await page.waitForSelector('#permission[data-state=granted]')
  await context.overridePermissions(newsbell.url, [])
  await page.waitForSelector('#permission[data-state=blocked]')
  await context.overridePermissions(newsbell.url, ['notifications'])
  await page.waitForSelector('#permission[data-state=granted]')
})

test('Newsbell can be installed on a Home Screen', async t => {
  const newsbell = await startNewsbell(t)
  const context = await startChromium(t)
  const page = await context.newPage()
  await page.goto(newsbell.url)
  const devtools = await page.createCDPSession()
  const { errors, data } = await devtools.send('Page.getAppManifest')
  assert.deepEqual(errors, [])
  const { id, scope, start_url, display, icons } = JSON.parse(data)
  assert.deepEqual({ id, scope, start_url, display }, { id: '/', scope: '/', start_url: '/', display: 'standalone' })
  for (const { src } of icons) assert.equal((await fetch(newsbell.url + src)).status, 200)
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), [])
  assert.ok(await page.$('link[rel=apple-touch-icon]'))
})

async function opened(page, newsbell) {
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  return page.waitForSelector('.follow-dialog[open]')
}
