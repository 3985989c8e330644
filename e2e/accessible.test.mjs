import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { addDevice, startChromium } from './lib/chromium.mjs'
import { follow } from './lib/firefox.mjs'
import { fill, join, submit } from './lib/forms.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { hurry, openPage, said, subscribe } from './lib/reader.mjs'

const ada = { name: 'Ada', email: 'ada@news.example' }
const axe = await readFile(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')

// views are the pages to check, and what to do on each first.
const views = {
  'the front page': { path: '/' },
  'a live page': { path: '/outages/messages-down' },
  'the dialog to follow': { path: '/outages/messages-down', open: openFollow },
  'a live page with a new update': { path: '/outages/messages-down', open: publishOne },
  'a search': { path: '/search?q=messages' },
  'an app': { path: '/apps/messenger' },
  'the preferences of a stranger': { path: '/preferences' },
  'a live page that is followed': { path: '/outages/messages-down', open: followOutage },
  'the dialog of a follower': { path: '/outages/messages-down', open: openFollow },
  'the preferences': { path: '/preferences', open: openPreferences },
  'the preferences after a test': { path: '/preferences', open: testNotice },
  'a requested action in the preferences': { path: '/preferences#mute=outage/messages-down', open: openPreferences },
  'the question before forgetting': { path: '/preferences', open: askToForget },
  'an error': { path: '/outages/nowhere' },
  'the sign-in': { path: '/editor/sign-in' },
  'the newsroom': { path: '/editor' },
  'the newsroom’s page of an outage': { path: '/editor/outages/messages-down' },
  'the newsroom with problems': { path: '/editor/outages/messages-down', open: page => submitDraft(page, ' ') },
  'the confirmation': { path: '/editor/outages/messages-down', open: page => submitDraft(page, 'Messages fail') },
  'the newsroom with a draft that was changed elsewhere': { path: '/editor/outages/messages-down', open: changeElsewhere },
  'the newsroom for a correction': { path: '/editor/outages/messages-down', open: page => page.click('[value=correction] + span') },
  'an invitation with problems': { path: '/', open: (page, newsbell) => join(page, newsbell.firstAccount, { ...ada, password: 'password1234' }) },
  'the newsroom of a chief': { path: '/', open: (page, newsbell) => join(page, newsbell.firstAccount, ada) },
  'an invitation that has ended': { path: '/editor/invitations/ended' },
  'a link to copy': { path: '/editor/people', open: page => invite(page, 'bob@news.example') },
  'the people with problems': { path: '/editor/people', open: page => invite(page, ada.email) },
  'a person': { path: '/editor/people/1' },
  'a new outage with problems': { path: '/editor/new-outage', open: openNothing },
  'an outage to edit': { path: '/editor/outages/messages-down/edit' },
  'the newsroom’s apps': { path: '/editor/apps' },
  'the newsroom’s page of an app': { path: '/editor/apps/messenger' },
  'the policy with problems': { path: '/editor/policy', open: setPolicy },
  'the confirmation for a second person': { path: '/editor/outages/messages-down', open: needApproval },
  'an approval': { path: '/editor/outages/messages-down', open: askForApproval },
  'a drill': { path: '/editor', open: openDrill },
  'the confirmation of a drill': { path: '/editor/outages/practice', open: page => submitDraft(page, 'Chats fail') },
  'a drill in its undo window': { path: '/editor/outages/practice', open: sendDrill },
  'the newsroom with a draft that waits': { path: '/editor' },
  'the undo window': { path: '/editor/outages/messages-down', open: overrideApproval },
  'an alert that is sent': { path: '/editor', open: watchAlert },
  'the tokens': { path: '/editor/tokens' },
  'a new token': { path: '/editor/tokens', open: page => createToken(page, 'CMS') },
  'the account with problems': { path: '/editor/account', open: changePassword },
  'the sign-in with a wrong password': { path: '/editor', open: signInWrongly },
}

// passkeyViews are the pages of a newsroom where browsers use passkeys.
const passkeyViews = {
  'the offer of a passkey': { path: '/', open: (page, newsbell) => join(page, newsbell.firstAccount, ada) },
  'an account with a passkey': { path: '/editor/account/welcome', open: page => submit(page, '/account/passkeys') },
  'the sign-in with a passkey': { path: '/editor', open: page => submit(page, '/editor/sign-out') },
}

// A colour scheme changes only colours, so all other rules run in one scheme.
const rules = { light: {}, dark: { runOnly: ['color-contrast', 'link-in-text-block'] } }

test('axe finds no violation on any page, at phone and desktop size, in light and dark', async t => {
  const newsbell = await startNewsbell(t)
  const { id } = await newsbell.publish({ headline: 'Messages are failing', alert: 'key', body: 'On **both** apps.', states: { messenger: 'failing' } })
  await newsbell.publish({ headline: 'Instagram recovers', states: { instagram: 'recovering' } })
  await newsbell.publish({ kind: 'correction', headline: 'It began at 14:04', alert: 'none', corrects: id })
  const context = await startChromium(t)
  const page = await openPage(context, newsbell)
  await page.setBypassCSP(true) // to inject axe
  await signIn(page, newsbell)
  await checkAll(page, newsbell, views)
})

test('axe finds no violation on the pages with passkeys', async t => {
  const newsbell = await startNewsbell(t, { host: 'localhost' })
  const page = await (await startChromium(t)).newPage()
  await page.setBypassCSP(true)
  await page.evaluateOnNewDocument(() => { PublicKeyCredential.isConditionalMediationAvailable = async () => false })
  await addDevice(page)
  await checkAll(page, newsbell, passkeyViews)
})

async function checkAll(page, newsbell, views) {
  for (const [name, { path, open }] of Object.entries(views)) {
    await page.goto(newsbell.url + path)
    await open?.(page, newsbell)
    await page.evaluate(axe)
    for (const width of [390, 1280])
      for (const scheme of ['light', 'dark'])
        assert.deepEqual(await violations(page, width, scheme), [], `${name}, ${width} px, ${scheme}`)
  }
}

// violations returns axe's findings for a page at a width, in a colour scheme.
async function violations(page, width, scheme) {
  await page.setViewport({ width, height: 900 })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  const { violations } = await page.evaluate(options => self.axe.run(options), { resultTypes: ['violations'], ...rules[scheme] })
  return violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html, failureSummary }) => [html, failureSummary]) }))
}

async function signIn(page, newsbell) {
  await page.goto(newsbell.url + '/editor')
  await page.type('#token', newsbell.token)
  await Promise.all([page.waitForNavigation(), page.click('form[action="/editor/sign-in"] button')])
}

async function invite(page, email) {
  await fill(page, { email })
  await submit(page, '/people/invitations')
}

async function changePassword(page) {
  await fill(page, { current: 'wrong', password: 'password1234' })
  await submit(page, '/editor/account/password')
}

async function openNothing(page) {
  await fill(page, { headline: 'Stories fail' })
  await submit(page, '/editor/outages', 'button')
}

async function createToken(page, name) {
  await fill(page, { name })
  await submit(page, '/editor/tokens')
}

async function signInWrongly(page) {
  await submit(page, '/editor/sign-out')
  await fill(page, { email: ada.email, password: 'wrong' })
  await submit(page, '/editor/sign-in')
}

async function changeElsewhere(page) {
  await page.click('.cut-offs summary')
  const body = { kind: 'update', headline: 'In another window', body: 'Text' }
  await page.evaluate(async body => {
    const { dataset, elements: { draft, version } } = document.querySelector('.compose form')
    await fetch(dataset.draft, { method: 'POST', body: new URLSearchParams({ ...body, draft: draft.value, version: version.value }) })
  }, body)
  await page.type('#field-headline', 'A headline that is too long for most browsers, which cut it somewhere')
  await page.waitForSelector('#conflict:not([hidden])')
}

async function setPolicy(page) {
  await page.click('[name=key_moments]')
  await submit(page, '/editor/policy')
  await fill(page, { above_readers: 'many' })
  await submit(page, '/editor/policy')
}

async function needApproval(page, newsbell) {
  await subscribe(newsbell, 'outage/messages-down')
  await page.reload()
  await page.$eval('#field-headline', field => field.select())
  await page.type('#field-headline', 'Photos fail')
  await page.click('[name=alert][value=key]')
  await submit(page, '/updates', '[value=preview]')
}

async function askForApproval(page) {
  await submit(page, '/updates', '[value=preview]')
  await submit(page, '/updates', '[value=ask]')
}

async function overrideApproval(page) {
  await submit(page, '/updates', '[value=preview]')
  await fill(page, { reason: 'Nobody else is here.' })
  await submit(page, '/updates', '[value=override]')
}

// watchAlert watches an alert that a push service does not accept for everybody.
async function watchAlert(page, newsbell) {
  await subscribe(newsbell, 'outage/messages-down', 500)
  const { alert } = await newsbell.post('/outages/messages-down/updates', { kind: 'update', headline: 'Calls fail', alert: 'all', undo_seconds: 0 })
  await page.goto(`${newsbell.url}/editor/alerts/${alert.id}`)
  await page.waitForSelector('.trouble')
  await page.waitForSelector('.plot canvas')
}

// openDrill opens a drill, which this browser gets.
async function openDrill(page, newsbell) {
  await page.goto(newsbell.url + '/preferences')
  await openPreferences(page)
  await page.click('[data-pause=resume]')
  await said(page, 'Resumed')
  await page.goto(newsbell.url + '/editor/account')
  await submit(page, '/account/browsers')
  await page.goto(newsbell.url + '/editor/new-drill')
  await fill(page, { headline: 'Practice' })
  await page.click('[name=apps][value=messenger]')
  await submit(page, '/editor/outages', 'button')
  await submit(page, '/follow')
}

async function sendDrill(page) {
  await submit(page, '/updates', '[value=preview]')
  await submit(page, '/updates', '[value=publish]')
}

async function submitDraft(page, headline) {
  await page.type('#field-headline', headline)
  await page.click('[name=alert][value=all]')
  await Promise.all([page.waitForNavigation(), page.click('[name=do][value=preview]')])
}

async function openFollow(page) {
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  await page.waitForSelector('.follow-dialog[open]')
}

function followOutage(page) {
  return follow(page, { topics: ['outage/messages-down', 'app/messenger'] })
}

async function openPreferences(page) {
  await page.waitForSelector('#preferences[data-ready]')
  await page.waitForFunction(() => document.querySelector('.alert-row') || !document.querySelector('#alerts-empty').hidden)
}

// testNotice runs the test up to the screen, where nothing arrives, with an Undo shown.
async function testNotice(page) {
  await openPreferences(page)
  await page.click('[data-pause=hour]')
  await said(page, 'Paused')
  await hurry(page)
  await page.click('#test-send')
  await page.waitForSelector('[data-check=screen][data-state=broken]', { timeout: 240_000 })
}

async function askToForget(page) {
  await openPreferences(page)
  await page.click('#forget')
  await page.waitForSelector('#forget-dialog[open]')
}

async function publishOne(page, newsbell) {
  await page.waitForSelector('newsbell-live[data-stream=open]')
  await newsbell.publish({ headline: 'And another one', alert: 'none' })
  await page.waitForSelector('.live-bar button:not([hidden])')
}
