// What goes wrong in a shop: the line is down or slow, the session ended over
// night, somebody presses twice or with the keyboard alone. Nothing typed is
// lost, nothing is done twice, every wait is shown.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { becomes, clean, launch, shot } from './kit.mjs'
import { company } from './sales.mjs'
import { daysAgo, shop } from './server.mjs'

let w, browser
before(async () => { [w, browser] = await Promise.all([company({ mine: 3, theirs: 1, own: 0 }), launch()]) })
after(async () => { await browser?.close(); await w?.stop() })

/** down takes the line away, or brings it back. */
const down = (page, off = true) => page.context().setOffline(off)

/** tidy is clean but for the browser's own lines about a line that is down. */
const tidy = page => clean(page, { said: false })

/** slow makes the line slow: bytes a second up. */
async function slow(page, up) {
  const line = await page.context().newCDPSession(page)
  await line.send('Network.enable')
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: up })
  return () => line.detach()
}

/** held keeps back what the page sends to a path, as a line does on which nothing comes through, until it is let go. */
async function held(page, path) {
  let go
  const over = new Promise(done => { go = done })
  await page.route(path, async r => { await over; await r.continue() })
  return go
}

/** posts counts what the page sends to a path. */
function posts(page, path) {
  const all = []
  page.on('request', r => { if (r.method() !== 'GET' && path.test(r.url())) all.push(r.url()) })
  return all
}

test('a sentence outlives another tab, another record, a line that is down and the end of the session', async () => {
  const page = await w.rep.open(browser, `/customers/${w.mine[0].id}`)
  const note = page.locator('.composer textarea'), save = page.locator('.composer').getByRole('button', { name: '保存' })
  await note.fill('她要米色的，等她先生回话')
  await page.getByRole('tab', { name: '资料' }).click()
  await page.getByRole('tab', { name: '动态' }).click()
  assert.equal(await note.inputValue(), '她要米色的，等她先生回话')
  await page.goto(`${w.url}/customers`)
  await page.getByRole('link', { name: w.mine[0].name, exact: true }).click()
  await note.fill('写到一半')
  await page.keyboard.press('Escape') // it is typed in: Esc does not leave
  assert.equal(await note.inputValue(), '写到一半')
  await page.locator('.panel-bar').getByRole('button', { name: '关闭' }).click()
  await page.getByRole('link', { name: w.mine[0].name, exact: true }).click()
  assert.equal(await note.inputValue(), '写到一半')

  await down(page)
  await save.click()
  await page.locator('.composer .form-err').waitFor()
  await page.locator('.off-bar').waitFor()
  await shot(page, 'line-down-zh')
  await tidy(page)
  assert.equal(await note.inputValue(), '写到一半')
  const cookies = await page.context().cookies()
  await page.context().clearCookies()
  await down(page, false) // all that stands there is read again, and nobody is signed in
  await page.locator('.off-bar').getByRole('link', { name: '去登录' }).waitFor()
  assert.equal(await note.inputValue(), '写到一半', 'the record went away under what was typed')
  await page.context().addCookies(cookies)
  await save.click()
  await page.locator('.toast', { hasText: '跟进记下了' }).or(page.locator('.time').getByText('写到一半')).first().waitFor()
  await becomes(() => note.inputValue(), '')
  await page.locator('.time').getByText('写到一半').waitFor()
  assert.equal(await page.locator('.time').getByText('写到一半').count(), 1)
  await page.context().close()
})

test('an answer that is lost on the way does not make anything twice', async () => {
  const c = w.mine[2], name = '章小满', phone = '19900009871'
  const page = await w.rep.open(browser, `/customers/${c.id}`, { phone: true })
  /** lose lets one request through to the server and its answer not back. */
  const lose = async path => {
    let lost = 0
    await page.route(`**/api/v1/${path}`, async r => { if (r.request().method() !== 'POST' || lost++) return r.continue(); await r.fetch(); await r.abort() })
  }
  await lose('visits')
  const box = page.locator('.composer')
  await box.getByRole('textbox').fill('下周三上门量尺')
  await box.getByRole('button', { name: '3 天后' }).tap()
  await box.getByRole('alert').waitFor()
  await shot(page, 'follow-lost-zh')
  assert.equal(await box.getByRole('textbox').inputValue(), '下周三上门量尺', 'what was typed stays')
  await box.getByRole('button', { name: '3 天后' }).tap()
  await page.locator('.toast').getByText(/记好了/).waitFor()
  const { events } = await w.rep.api('GET', `customers/${c.id}/timeline`)
  assert.equal(events.filter(e => e.kind === 'visit').length, 1, 'one follow-up')

  await lose('customers')
  await page.goto(`${w.url}/customers/new`)
  await page.getByLabel('姓名').fill(name)
  await page.getByLabel(/^手机/).fill(phone)
  await page.getByRole('button', { name: '保存' }).tap()
  await page.locator('form [role=alert]').first().waitFor()
  await page.getByRole('button', { name: '保存' }).tap()
  await page.waitForURL(/\/customers\/\d+$/)
  const found = await w.rep.api('POST', 'customers/search', { search: name })
  assert.equal(found.rows.length, 1, 'one customer, and nobody is asked whether it is the same')

  // changed after all: what was stored is not overwritten, and the form says so
  await lose('visits')
  await page.goto(`${w.url}/customers/${c.id}`)
  await box.getByRole('textbox').fill('改到周四')
  await box.getByRole('button', { name: '3 天后' }).tap()
  await box.getByRole('alert').waitFor()
  await box.getByRole('textbox').fill('改到周五')
  await box.getByRole('button', { name: '3 天后' }).tap()
  await box.getByText(/其实已经存上了/).waitFor()
  await shot(page, 'follow-other-zh')
  page.errors = page.errors.filter(e => !/ERR_FAILED|status of 4(04|09|22)/.test(e)) // what was meant to fail
  await clean(page)
  await page.context().close()
})

test('a page whose code does not come says so and comes later', async () => {
  const page = await w.rep.open(browser, '/customers')
  await page.locator('.list tbody tr').first().waitFor()
  await down(page)
  await page.getByRole('navigation').getByRole('link', { name: '今天' }).first().click()
  const fault = page.locator('.nothing[role=alert]')
  await fault.getByText('连不上服务器').waitFor()
  await shot(page, 'no-code-zh')
  await tidy(page)
  await down(page, false)
  await fault.getByRole('button', { name: '再试一次' }).click()
  await page.locator('.day-line').waitFor()
  await page.context().close()
})

test('a slow line: what is done shows that it is, and two presses are one', async () => {
  const page = await w.rep.open(browser, `/customers/${w.mine[1].id}`)
  await page.locator('.composer textarea').fill('两下只算一下')
  const sent = posts(page, /\/visits$/)
  let go = await held(page, /\/visits$/)
  await page.locator('.composer').getByRole('button', { name: '保存' }).dblclick()
  await page.locator('.busy').waitFor()
  await page.locator('.composer .btn[aria-busy=true]').waitFor()
  await shot(page, 'busy-zh')
  await clean(page)
  go()
  await page.locator('.time').getByText('两下只算一下').waitFor()
  assert.equal(sent.length, 1)
  await page.locator('.busy').waitFor({ state: 'detached' })

  await page.goto(`${w.url}/customers/${w.mine[2].id}`)
  const asked = posts(page, /\/reveal$/)
  await page.getByRole('tab', { name: '资料' }).click()
  await page.locator('.facts .lock').first().click()
  go = await held(page, /\/reveal$/) // else the second press may come when the panel is gone, and meet what lies under it
  await page.locator('.why-ask button').first().dblclick()
  go()
  await page.locator('.facts .mask.shown').waitFor()
  assert.equal(asked.length, 1, 'a second look was counted')
  await page.context().close()
})

test('a photo on its way shows how far it is, can be stopped, and goes up again', async () => {
  const s = await shop({ staff: {} })
  const page = await s.owner.open(browser, '/share/alliance')
  await page.getByLabel('门头上的名字').fill('石语瓷砖')
  await page.getByLabel('店里座机').fill('0577-62520001')
  await page.getByLabel('地址').fill('乐清市建材市场 2 栋 15 号')
  await page.getByText('瓷砖', { exact: true }).click()
  const noise = await page.evaluate(async () => { // what does not shrink when it is packed
    const c = document.createElement('canvas')
    c.width = c.height = 400
    const g = c.getContext('2d'), d = g.createImageData(400, 400)
    for (let i = 0; i < d.data.length; i += 64_000) crypto.getRandomValues(d.data.subarray(i, i + 64_000))
    for (let i = 3; i < d.data.length; i += 4) d.data[i] = 255
    g.putImageData(d, 0, 0)
    return c.toDataURL('image/png').split(',')[1]
  })
  await page.locator('input[type=file]').setInputFiles({ name: '门面.png', mimeType: 'image/png', buffer: Buffer.from(noise, 'base64') })
  const fast = await slow(page, 10_000)
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('.sending').getByText(/已上传 \d+%/).waitFor()
  await shot(page, 'photo-sending-zh')
  await clean(page)
  await page.locator('.sending').getByRole('button', { name: '取消' }).click()
  await page.getByText('照片没有传').waitFor()
  await clean(page)
  await fast()
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('img.shop-photo').waitFor()
  await page.context().close()
  await s.stop()
})

test('offers alone are stopped, as she said', async () => {
  const s = await shop()
  const { id } = await s.rep.api('POST', 'customers', { fields: { name: '王秀兰', phone: '19900770001', source: 'store', source_on: daysAgo(200) } })
  const page = await s.rep.open(browser, `/customers/${id}`, { phone: true })
  await page.locator('.may').getByRole('button', { name: '为什么' }).click()
  const told = page.getByRole('dialog', { name: '为什么' }).getByRole('button', { name: '客户说别发广告' })
  await told.click()
  await page.getByText('不再给她发广告').waitFor()
  await clean(page)
  await shot(page, 'told-no-ads-390')
  await told.click()
  await page.locator('.toast', { hasText: '已记下' }).waitFor()
  assert.ok((await s.rep.api('GET', `customers/${id}`)).contact.some(c => c.ok), 'about her own affairs she may be called')
  await page.context().close()
  await s.stop()
})

test('what cannot be taken back wants two presses of two keys, and gives the focus back', async () => {
  const page = await w.rep.open(browser, `/customers/${w.mine[0].id}`)
  const sent = posts(page, /\/stop/)
  await page.locator('.may').getByRole('button', { name: '为什么' }).press('Enter')
  const told = page.getByRole('dialog', { name: '为什么' }).getByRole('button', { name: '客户说别再联系' })
  await told.focus()
  await page.keyboard.press('Enter')
  await page.getByText('记下后马上停').waitFor()
  await page.keyboard.press('Enter') // held too long
  assert.equal(sent.length, 0)
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.activeElement?.textContent === '客户说别再联系')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.activeElement?.textContent === '为什么')
  await page.context().close()
})
