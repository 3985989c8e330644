// A real Firefox. It subscribes at our push service; its notifications are read and
// clicked in the browser itself, in BiDi's privileged scope.
import puppeteer from 'puppeteer-core'
import { pushService, until } from './newsbell.mjs'
import { shared } from './shared.mjs'

const firefox = shared(launchFirefox)

// startFirefox returns the Firefox that all tests of a process share. It closes the
// windows that the last test left; stored data belongs to the origin of each test's own
// Newsbell.
export async function startFirefox(t) {
  const started = await firefox()
  t.after(() => started.clear())
  return started
}

async function launchFirefox(t) {
  const push = await pushService()
  const browser = await puppeteer.launch({
    browser: 'firefox', headless: true,
    networkEnabled: false, // see watchRequests
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    args: ['--remote-allow-system-access', '--width=1280', '--height=900'],
    extraPrefsFirefox: {
      'dom.push.serverURL': push.websocket,
      'dom.push.testing.allowInsecureServerURL': true,
      'dom.push.connection.enabled': true,
      'dom.push.retryBaseInterval': 200,
      'permissions.default.desktop-notification': 1,
      'alerts.useSystemBackend': false,
      'dom.webnotifications.requireinteraction.count': 1000,
      'dom.ipc.processPrelaunch.enabled': false, // do not start processes in advance
      'ui.prefersReducedMotion': 1, // so that a click does not miss a target that scrolls smoothly
    },
  })
  t.after(() => browser.close())
  const { result } = await browser.connection.send('browsingContext.getTree', { 'moz:scope': 'chrome' })
  const firefox = new Firefox(browser, result.contexts[0].context)
  await until(() => firefox.isConnected(), 'Firefox has greeted the push service')
  return firefox
}

class Firefox {
  constructor(browser, chrome) {
    Object.assign(this, { browser, chrome })
  }

  // isConnected says whether the push service has answered Firefox's hello.
  // Subscribing before that can hang.
  isConnected() {
    return this.#inChrome(`
      const { PushServiceWebSocket } = ChromeUtils.importESModule('resource://gre/modules/PushServiceWebSocket.sys.mjs')
      return PushServiceWebSocket._currentState === 3`) // its STATE_READY
  }

  async open(url) {
    const page = await this.browser.newPage()
    await page.goto(url)
    return page
  }

  // watchRequests enables request events. They take a third of Firefox's work, so they
  // are only enabled for the tests that need them.
  async watchRequests(t) {
    const { result } = await this.browser.connection.send('session.subscribe', { events: ['network'] })
    t.after(() => this.browser.connection.send('session.unsubscribe', { subscriptions: [result.subscription] }))
  }

  // notifications returns those that Firefox shows for a site, an origin and perhaps a
  // path: id, title, body, tag.
  async notifications(site) {
    return JSON.parse(await this.#inChrome(`
      const { db } = ChromeUtils.importESModule('moz-src:///dom/notification/NotificationDB.sys.mjs')
      const shown = await db.queueTask('getall', { origin: ${JSON.stringify(new URL(site).origin)}, scope: ${JSON.stringify(site + '/')} })
      return JSON.stringify(shown.map(({ id, title, body, tag, actions }) =>
        ({ id, title, body, tag, actions: (actions ?? []).map(({ name, title }) => ({ name, title })) })))`))
  }

  // alerts returns the notifications except notices, such as a welcome.
  async alerts(site) {
    return (await this.notifications(site)).filter(({ tag }) => tag.startsWith('outage/'))
  }

  // notification waits for the notification with a title.
  notification(site, title) {
    return until(async () => (await this.notifications(site)).find(n => n.title === title), `"${title}" is shown`)
  }

  // window returns the text of the notification's window on the screen.
  window(title) {
    return until(async () => JSON.parse(await this.#inChrome(`
      const windows = [...Services.wm.getEnumerator('alert:alert')].map(({ document }) => ({
        title: document.getElementById('alertTitleLabel')?.value, body: document.getElementById('alertTextLabel')?.textContent }))
      return JSON.stringify(windows.find(w => w.title === ${JSON.stringify(title)}) ?? null)`)), `a window says "${title}"`)
  }

  // picture returns a PNG of the notification's window.
  async picture(title) {
    const url = await this.#inChrome(`
      for (const window of Services.wm.getEnumerator('alert:alert')) {
        if (window.document.getElementById('alertTitleLabel')?.value !== ${JSON.stringify(title)}) continue
        await new Promise(resolve => window.setTimeout(resolve, 500)) // it slides in
        const { width, height } = window.document.documentElement.getBoundingClientRect()
        const picture = await window.browsingContext.currentWindowGlobal.drawSnapshot(new DOMRect(0, 0, width, height), 2, 'white')
        const canvas = window.document.createElementNS('http://www.w3.org/1999/xhtml', 'canvas')
        Object.assign(canvas, { width: picture.width, height: picture.height })
        canvas.getContext('2d').drawImage(picture, 0, 0)
        return canvas.toDataURL('image/png')
      }`)
    return Buffer.from(url.split(',')[1], 'base64')
  }

  // click clicks a notification's window.
  click(title) {
    return this.#inChrome(`
      for (const window of Services.wm.getEnumerator('alert:alert'))
        if (window.document.getElementById('alertTitleLabel')?.value === ${JSON.stringify(title)})
          window.document.getElementById('alertBox').click()
      return ''`)
  }

  // dismiss closes a notification's window.
  dismiss(title) {
    return this.#inChrome(`
      for (const window of Services.wm.getEnumerator('alert:alert'))
        if (window.document.getElementById('alertTitleLabel')?.value === ${JSON.stringify(title)})
          window.document.querySelector('.close-icon').click()
      return ''`)
  }

  // push delivers a push message to the service worker of an origin.
  push(origin, payload) {
    return this.#inChrome(`
      const principal = Services.scriptSecurityManager.createContentPrincipalFromOrigin(${JSON.stringify(origin)})
      const data = [...new TextEncoder().encode(${JSON.stringify(JSON.stringify(payload))})]
      Cc['@mozilla.org/push/Notifier;1'].getService(Ci.nsIPushNotifier).notifyPushWithData(${JSON.stringify(origin + '/')}, principal, '', data)
      return ''`)
  }

  // act presses an action of a notification as a desktop's notification server would
  // report it, because Firefox's own windows have no buttons.
  act(title, action) {
    return this.#inChrome(`
      const pressed = { QueryInterface: ChromeUtils.generateQI(['nsIAlertAction']), action: ${JSON.stringify(action)} }
      for (const window of Services.wm.getEnumerator('alert:alert'))
        if (window.document.getElementById('alertTitleLabel')?.value === ${JSON.stringify(title)}) {
          window.gAlertListener.observe(pressed, 'alertclickcallback', window.gAlertCookie)
          window.close()
        }
      return ''`)
  }

  // clear closes all pages but the first, and all notification windows.
  async clear() {
    const [, ...pages] = await this.browser.pages()
    await Promise.all(pages.map(page => page.close()))
    await this.#inChrome(`
      for (const window of Services.wm.getEnumerator('alert:alert')) window.close()
      Services.cookies.removeAll()
      return ''`)
  }

  async #inChrome(body) {
    const { result } = await this.browser.connection.send('script.callFunction', {
      functionDeclaration: `async () => { ${body} }`, awaitPromise: true, target: { context: this.chrome },
    })
    if (result.type !== 'success') throw new Error(JSON.stringify(result.exceptionDetails?.text ?? result))
    return result.result.value
  }
}

// welcomed waits until the page says whether the notification that follows the first
// follow arrived. Until then it may get an answer that a test scripts for an alert.
export const welcomed = page => page.waitForFunction(() =>
  /first notification arrived|No notification/.test(document.querySelector('.follow-status').textContent))

// follow follows as a reader does: choose, confirm, and wait until the button says
// Following.
export async function follow(page, { topics, level = 'all' }) {
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  await page.waitForSelector('.follow-dialog[open]')
  await page.evaluate((topics, level) => {
    for (const box of document.querySelectorAll('input[name=topic]'))
      if (box.checked !== topics.includes(box.value)) box.click()
    document.querySelector(`input[name=level][value=${level}]`).click()
  }, topics, level)
  await page.click('.follow-confirm')
  await page.waitForFunction(() => document.querySelector('.follow-label')?.textContent.trim() === 'Following')
}
