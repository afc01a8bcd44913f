// The ten minutes of the demonstration in one browser, as its hall tells them:
// every click counted, every person in a tab of his own, the customer on her
// phone. In Chinese at 1440 px; the hall and her pages in English on a phone.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bodies, clean, launch, open, shot } from './kit.mjs'
import { start } from './server.mjs'

let server, browser, hall, port
const clicks = {}
/** CLICKS are those of each step, its doors counted: 56 in all. */
const CLICKS = { owners: 9, own: 9, look: 2, recommend: 3, recommend5: 5, hers: 6, accept: 7, stop: 3, english: 0, inside: 7, proof: 5 }
let step = ''

before(async () => {
  [server, browser] = await Promise.all([start({ args: ['--demo'] }), launch()])
  port = new URL(server.url).port
  hall = await visit(await open(browser))
})
after(async () => {
  console.log('clicks', JSON.stringify(clicks))
  await browser?.close()
  await server?.stop()
})

/** visit opens the hall; its frames are hosts of this machine, so no origin is foreign here. */
async function visit(page, query = '') {
  await page.goto(`http://phone.localhost:${port}/${query}`)
  return page
}

/** begin counts from here on for a step of the tour. */
const begin = name => { step = name; clicks[name] = 0 }

/** tap is one click of whoever tries it. */
async function tap(what) {
  clicks[step]++
  await what.click()
}

/** enter goes through a door of the hall: one click there, one on the door itself. */
async function enter(who) {
  const [page] = await Promise.all([hall.context().waitForEvent('page'), tap(hall.locator('.people .door', { hasText: who }))])
  page.errors = []
  page.foreign = []
  page.on('pageerror', e => page.errors.push(String(e)))
  page.on('console', m => { if (m.type() === 'error') page.errors.push(m.text()) })
  await page.waitForLoadState()
  await tap(page.locator('main button[type=submit]'))
  await page.locator('.demo-bar').waitFor()
  return page
}

const origin = page => new URL(page.url()).origin

/** pick shows another phone in the hall. */
const pick = async name => hall.locator('#whose').selectOption(await hall.locator('#whose option', { hasText: name }).getAttribute('value'))

/** toFile goes from anywhere to the place where a file is dropped. */
async function toFile(page) {
  await tap(page.locator('nav a', { hasText: '客户' }).first())
  await tap(page.getByRole('link', { name: '导入' }).or(page.getByRole('button', { name: '导入' })).first())
  await page.locator('.kinds').waitFor()
  await tap(page.locator('.kinds label').first())
  await tap(page.locator('.imp-fields').getByText('店里的人'))
  await tap(page.locator('.imp-declare input'))
  await tap(page.locator('.imp-foot button').last())
  await page.locator('input[type=file]').waitFor({ state: 'attached' })
}

/** drop is one act: a file from the desktop onto the page. */
async function drop(page, name) {
  clicks[step]++
  await page.locator('input[type=file]').setInputFiles(file(name))
  await page.locator('.cols, .cols-cards, .imp-refused, .nothing').first().waitFor()
}

const file = name => join(server.dir, 'data', 'demo', name)
const people = {}

describe('ten minutes', { concurrency: false }, () => {
  test('the hall has steps, doors and phones', async () => {
    await hall.locator('.step').first().waitFor()
    await clean(hall)
    await shot(hall, 'demo-hall')
    const small = await visit(await open(browser, { phone: true, lang: 'en', dark: true }), '?lang=en')
    await clean(small)
    await shot(small, 'demo-hall-390-en-dark')
    await small.locator('[data-tab=right]').click()
    await clean(small)
    await shot(small, 'demo-phone-390-en-dark')
    await small.context().close()
  })

  test('a bought list is refused whole', async () => {
    begin('owners')
    const lin = people.lin = await enter('林国栋')
    await lin.locator('.due-row, .nothing').first().waitFor()
    await shot(lin, 'demo-lin-today')
    await toFile(lin)
    await drop(lin, '朋友发来的业主名单.csv')
    await lin.locator('.imp-refused').waitFor()
    assert.equal(await lin.locator('.imp-refused li').count(), 3, 'three lawful ways')
    await clean(lin)
    await shot(lin, 'demo-refused')
  })

  test('the shop\'s own list goes in, 60 = 44 + 6 + 4 + 3 + 3', async () => {
    begin('own')
    const { lin } = people
    await toFile(lin)
    await drop(lin, '林老板的客户表.csv')
    await tap(lin.locator('.imp-foot button:enabled', { hasText: '看结果' }))
    await lin.locator('.outcomes').waitFor()
    const counts = await lin.locator('.outcomes li:not(.sum) .outcome-n').allInnerTexts()
    assert.deepEqual(counts.map(Number).filter(n => n > 0).sort((a, b) => b - a), [44, 6, 4, 3, 3])
    await shot(lin, 'demo-own-result')
    await tap(lin.locator('.imp-foot button.primary:enabled').last())
    await lin.locator('.imp-title .okc').waitFor({ timeout: 300_000 })
    await clean(lin)
    await shot(lin, 'demo-own-done')
  })

  test('a clerk recommends the curtain shop in five taps', async () => {
    begin('look')
    const huang = people.huang = await enter('黄蕾')
    await huang.goto(origin(huang) + '/share/inbox')
    await huang.locator('.arrivals, .nothing').first().waitFor()
    people.before = await huang.locator('.arrival').count()
    await shot(huang, 'demo-inbox-before')
    begin('recommend')
    const chen = people.chen = await enter('陈晓雯')
    await chen.locator('.due-row').first().waitFor()
    await shot(chen, 'demo-chen-today')
    await tap(chen.locator('.due-row a', { hasText: '王秀兰' }).first())
    await chen.locator('.who-name', { hasText: '王秀兰' }).waitFor()
    people.wang = new URL(chen.url()).pathname
    step = 'recommend5'; clicks.recommend5 = 0
    await tap(chen.getByRole('button', { name: '推荐' }))
    await tap(chen.getByRole('dialog').getByText('窗帘', { exact: true }))
    await tap(chen.getByRole('dialog').getByText('当面说的'))
    await shot(chen, 'demo-recommend')
    await tap(chen.getByRole('button', { name: '复制话术' }))
    await chen.locator('.made-words').waitFor()
    assert.ok(clicks.recommend5 <= 5, `${clicks.recommend5} taps`)
    await clean(chen)
    await shot(chen, 'demo-recommended')
    const words = await chen.locator('.made-words').innerText()
    const [h] = await Promise.all([chen.context().waitForEvent('page'), tap(chen.getByText('放到演示手机'))])
    await h.locator('.message.pasted').waitFor()
    assert.match(await h.locator('.message.pasted').innerText(), /晴窗窗帘/)
    assert.equal(new URL(h.url()).hash, '', 'the words are gone from the address')
    await h.close()
    // the other way: the words by the clipboard
    await hall.bringToFront()
    await pick('吴晓峰')
    await hall.evaluate(w => { const d = new DataTransfer(); d.setData('text', w); document.getElementById('words').dispatchEvent(new ClipboardEvent('paste', { clipboardData: d, bubbles: true, cancelable: true })) }, words)
    await hall.locator('.message.pasted').waitFor()
    await pick('王秀兰')
    await shot(hall, 'demo-phone-message')
  })

  test('before she sends, the curtain shop has nothing', async () => {
    const { huang } = people
    await huang.reload()
    await huang.locator('.arrivals, .nothing').first().waitFor()
    assert.equal(await huang.locator('.arrival').count(), people.before)
  })

  test('she opens it on her phone and sends', async () => {
    begin('hers')
    await tap(hall.locator('.message .link'))
    const her = people.her = hall.frameLocator('#pages iframe:not([hidden])')
    await tap(her.getByRole('button', { name: '看一看' }))
    await tap(her.getByRole('link', { name: '大字' }))
    await her.locator('html.big').waitFor()
    await shot(hall, 'demo-hers-intro')
    await tap(her.getByRole('button', { name: '请这家店联系我' }))
    await her.getByLabel('怎么称呼您').fill('王阿姨')
    await her.getByLabel('手机号').fill('13857700501')
    await tap(her.getByText('打电话', { exact: true }))
    await shot(hall, 'demo-hers-form')
    await tap(her.getByRole('button', { name: '交给他们' }))
    await her.locator('.word b').nth(1).waitFor()
    people.pair = await her.locator('.word b').allInnerTexts()
    assert.equal(people.pair.length, 2)
    await shot(hall, 'demo-hers-receipt')
  })

  test('the curtain shop accepts, calls and proves her by her word', async () => {
    begin('accept')
    const { huang, pair: [said, answer] } = people
    await huang.bringToFront()
    await huang.reload()
    await huang.locator('.arrival').first().waitFor()
    await shot(huang, 'demo-inbox')
    await tap(huang.getByRole('button', { name: '接', exact: true }))
    await huang.getByText(said, { exact: true }).first().waitFor()
    await shot(huang, 'demo-accepted')
    await tap(huang.locator('.arrival').first().getByRole('link', { name: '打开' }))
    await huang.getByRole('button', { name: /打电话|电话/ }).first().waitFor()
    await shot(huang, 'demo-her-record')
    await tap(huang.getByRole('button', { name: /打电话|电话/ }).first())
    await huang.locator('.call-number').waitFor()
    assert.equal(await huang.locator('a[href^="tel:"], a[href^="sms:"]').count(), 0, 'nothing dials')
    await huang.getByRole('dialog').getByLabel('她回的第二个词').fill(answer)
    await shot(huang, 'demo-call')
    await tap(huang.getByRole('dialog').getByRole('button', { name: '对一下' }))
    await huang.getByRole('dialog').locator('.okc').waitFor()
    await tap(huang.getByRole('button', { name: '打完了，记一笔' }))
    await huang.getByLabel('说了什么').last().fill('周三上门量尺')
    await tap(huang.getByRole('dialog').getByText('3 天后'))
    await huang.getByText('记好了', { exact: false }).first().waitFor()
    await shot(huang, 'demo-noted')
    await tap(huang.getByRole('tab', { name: '资料' }))
    await shot(huang, 'demo-only-what-she-gave')
    await clean(huang)
    await huang.getByRole('tab', { name: '同意' }).click()
    const row = huang.locator('.matrix tr', { hasText: '回复客户的咨询' })
    await row.locator('.okc').waitFor()
    assert.equal(await row.locator('.okc').count(), 1, 'by telephone, as she chose, and no other way')
  })

  test('she stops it in two taps, and the copy locks before your eyes', async () => {
    begin('stop')
    const { huang, her } = people
    await hall.bringToFront()
    await tap(her.getByRole('link', { name: '我的资料在谁那里' }))
    await her.locator('main .card').first().waitFor()
    await shot(hall, 'demo-mine')
    const had = clicks.stop
    await tap(her.getByRole('link', { name: '叫停' }))
    await tap(her.locator('button[value=yes]'))
    await her.locator('.time .now').waitFor()
    await shot(hall, 'demo-stopped')
    await huang.bringToFront()
    await huang.goto(origin(huang) + '/share/inbox')
    await huang.locator('.arrival').first().waitFor()
    await shot(huang, 'demo-locked')
    assert.equal(await huang.locator('.arrival a', { hasText: '王阿姨' }).count(), 0)
    assert.ok(clicks.stop - had <= 2, `${clicks.stop - had} taps to stop`)
  })

  test('the same in English on a phone, in the dark', async () => {
    begin('english')
    const small = await visit(await open(browser, { phone: true, lang: 'en', dark: true }), '?lang=en')
    const [page] = await Promise.all([small.context().waitForEvent('page'), small.locator('.people .door', { hasText: '黄蕾' }).tap()])
    await page.waitForLoadState()
    await shot(page, 'demo-door-390-en-dark')
    await page.locator('main button[type=submit]').tap()
    await page.locator('.demo-bar').waitFor()
    await page.goto(origin(page) + '/share/inbox')
    await page.locator('.arrival').first().waitFor()
    assert.match(await page.locator('.demo-bar').innerText(), /It is/)
    await shot(page, 'demo-inbox-390-en-dark')
    await small.bringToFront()
    await small.locator('[data-tab=right]').tap()
    await small.locator('#whose').selectOption(await small.locator('#whose option', { hasText: '李建国' }).getAttribute('value'))
    await small.locator('.message').first().waitFor()
    await clean(small)
    await shot(small, 'demo-messages-390-en-dark')
    await small.locator('.message .link').nth(1).tap()
    await small.frameLocator('#pages iframe').locator('main').waitFor()
    await shot(small, 'demo-her-page-390-en-dark')
    await small.context().close()
  })

  test('one list, three positions: names, counts, names without numbers', async () => {
    begin('inside')
    const look = async (who, path, there) => {
      const page = await enter(who), seen = bodies(page)
      await page.goto(origin(page) + path)
      await page.locator(there).first().waitFor()
      await page.waitForLoadState('networkidle')
      await clean(page)
      await shot(page, `demo-${who}`)
      return { page, all: async () => (await seen()).join('\n') }
    }
    const rows = page => page.locator('table.list tbody tr'), names = page => page.locator('table.list tbody th').allInnerTexts().then(all => all.map(n => n.trim()))
    const whole = /(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)/
    const { page: xu } = people.xu = await look('徐海峰', '/customers', 'table.list tbody tr')
    assert.equal(await rows(xu).count(), 50)
    const known = await names(xu)
    assert.ok(known.every(n => /^\p{Script=Han}{2,}/u.test(n)), known.join())
    await xu.goto(origin(xu) + people.wang) // a customer of the tile shop is nobody here
    await xu.locator('.panel [role=alert], .nothing').first().waitFor()
    assert.ok(!(await people.xu.all()).includes('王秀兰'), 'a customer of another shop')
    xu.errors.length = 0 // the browser's own line about the 404

    const { page: analyst, all: counted } = await look('许言', '/count', '.result-total .kpi')
    assert.match(await analyst.locator('.result-total .kpi').innerText(), /^[1-9][\d,]*$/)
    for (const path of ['/customers', new URL(xu.url()).pathname]) {
      await analyst.goto(origin(analyst) + path)
      await analyst.locator('.nothing').waitFor()
      assert.equal(await analyst.locator('table.list, .cards, .who-name').count(), 0, path)
    }
    const figures = await counted(), total = /"total":\d+/
    assert.match(figures, total)
    assert.doesNotMatch(figures, whole)
    for (const n of [...known, '王秀兰']) assert.ok(!figures.includes(n), `${n} is in an answer to the analyst`)

    const { page: wen, all: shown } = await look('温静', '/customers', 'table.list tbody tr')
    assert.equal(await rows(wen).count(), 50)
    const same = await names(wen)
    assert.ok(same.filter(n => known.includes(n)).length > 0 && same.every(n => /^\p{Script=Han}{2,}/u.test(n)), same.join())
    const list = await shown()
    assert.ok(same.every(n => list.includes(n.split('\n')[0])), 'the answers were not read')
    assert.doesNotMatch(list, whole)
    assert.doesNotMatch(await wen.locator('body').innerText(), /1[3-9]\d[ -]?\d{4}[ -]?\d{4}/)
  })

  test('a clerk who has given notice called too many: the owner was alerted', async () => {
    const { page: xu } = people.xu
    await tap(xu.getByRole('navigation').getByRole('link', { name: '提醒' }))
    await xu.getByRole('listitem').filter({ hasText: '刘志强 一天里联系客户的数量异常，完整号码已暂停' }).waitFor()
    await clean(xu)
    await shot(xu, 'demo-alert')
  })

  test('an evidence file agrees, the changed copy does not', async () => {
    begin('proof')
    const [page] = await Promise.all([hall.context().waitForEvent('page'), tap(hall.locator('a[href*="/verify"]'))])
    for (const [name, want] of [['李建国的凭证.json', '.verdict:is(.valid, .unwitnessed)'], ['李建国的凭证-改过一个字.json', '.verdict.invalid']]) {
      clicks.proof++
      await page.locator('#f-file').setInputFiles(file(name))
      await tap(page.locator('main button[type=submit]'))
      await page.locator(want).waitFor()
      await shot(page, `demo-verify-${clicks.proof}`)
    }
  })

  test('no step of it takes a click more', () => assert.deepEqual(clicks, CLICKS))
})
