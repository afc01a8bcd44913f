// A rep's day in the browser, against the real program: today, follow-up,
// call, customers with search, filter, sort and pages, the record beside the
// list, and who may see what.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { becomes, bodies, clean, drawn, launch, lingers, shot, stands } from './kit.mjs'
import { HOUR, company, person, visit } from './sales.mjs'

let w, browser

before(async () => {
  [w, browser] = await Promise.all([company(), launch()])
  const c = w.mine
  await visit(w.rep, c[0].id, { note: '想看灰色柔光砖，等先生一起来', next_at: Date.now() - 26 * HOUR })
  await visit(w.rep, c[1].id, { note: '要三室两厅的报价', next_at: Date.now() - 2 * 60_000 })
  await visit(w.rep, c[2].id, { way: 'store', note: '卫生间用防滑砖', next_at: Date.now() - HOUR })
  await visit(w.rep, c[3].id, { way: 'wechat', note: '再比较两家', next_at: Date.now() + 72 * HOUR })
  await w.rep.api('POST', 'tasks', { fields: { customer: c[1].id, title: '送样砖到工地', due_at: Date.now() - 60_000 } })
  await w.rep.api('POST', 'tasks', { fields: { title: '整理样板间', due_at: Date.now() - 30_000 } })
  for (const [i, stage] of ['quote', 'sign', 'won'].entries()) await w.rep.api('POST', 'deals', { fields: { customer: c[i].id, need: ['tile'], stage, amount: (i + 1) * 1_000_00 } })
  for (let i = 0; i < 4; i++) {
    const { id } = await w.rep.api('POST', 'orders', { fields: { customer: c[i + 10].id, no: `SY-${100 + i}`, ordered_on: `2026-03-0${i + 1}`, status: 'paid' } })
    await w.rep.api('POST', 'order-lines', { fields: { order: id, item: '柔光砖 750×1500', qty: 10 + i, price: 128_00 } })
  }
})
after(async () => { await browser?.close(); await w?.stop() })

/** refused takes the lines that the browser writes for answers that were meant to refuse. */
const refused = page => { page.errors = page.errors.filter(e => !/status of 4(01|03|04|09|22|29)/.test(e)) }
const row = (page, name) => page.locator('.due-row', { hasText: name }).first()
const spaced = n => n.replace(/(...)(....)(....)/, '$1 $2 $3')
const toast = page => page.locator('.toast')

describe('a rep on the phone', () => {
  test('a follow-up takes three taps, and can be taken back', async () => {
    const page = await w.rep.open(browser, null, { phone: true })
    await lingers(page)
    await page.goto(w.url)
    let taps = 0
    const tap = async l => { taps++; await l.tap() }
    const c = w.mine[0]
    await row(page, c.name).waitFor()
    await shot(page, 'today-phone-zh')
    await clean(page)
    await tap(row(page, c.name).getByRole('button', { name: /记跟进/ }))
    await page.locator('dialog[open] textarea:focus').waitFor()
    await page.keyboard.type('约好周六带先生来看砖')
    await shot(page, 'follow-phone-zh')
    await tap(page.getByRole('button', { name: '明天', exact: true }))
    await toast(page).getByText('记好了，下次联系：明天').waitFor()
    assert.ok(taps <= 3, `${taps} taps`)
    await page.waitForFunction(n => ![...document.querySelectorAll('[aria-labelledby=due] .due-row')].some(e => e.textContent.includes(n)), c.name)

    await toast(page).getByRole('button', { name: '撤销' }).tap()
    const sheet = page.getByRole('dialog', { name: /记跟进/ })
    assert.equal(await sheet.getByRole('textbox').inputValue(), '约好周六带先生来看砖')
    await clean(page)
    const t = await w.rep.api('GET', `customers/${c.id}/timeline`)
    assert.equal(t.events.filter(e => e.kind === 'visit').length, 1, 'the follow-up is gone again')
    await sheet.getByRole('button', { name: '一周后' }).tap()
    await toast(page).getByText(/记好了，下次联系/).last().waitFor()
    await page.context().close()
  })

  test('on a record: kind, sentence, day, and it is saved', async () => {
    const c = w.mine[4]
    const page = await w.rep.open(browser, `/customers/${c.id}`, { phone: true })
    let taps = 0
    const tap = async l => { taps++; await l.tap() }
    const box = page.locator('.composer')
    await tap(box.getByText('微信'))
    await tap(box.getByRole('textbox'))
    await box.locator('textarea:focus').waitFor()
    await page.keyboard.type('发了三套效果图')
    await tap(box.getByRole('button', { name: '3 天后' }))
    await page.locator('.time').getByText('发了三套效果图').waitFor()
    assert.equal(taps, 3)
    await shot(page, 'record-phone-zh')
    await clean(page)
    await page.context().close()
  })

  test('a page that is left alone goes on asking what waits, and says that nobody is at it, so that its session can end', async () => {
    const page = await w.rep.open(browser, '/')
    await page.clock.install()
    await page.reload()
    await row(page, w.mine[2].name).waitFor()
    await page.locator('h1').first().click()
    let asked = []
    page.on('request', r => { if (r.url().includes('/api/')) asked.push(r) })
    const alone = () => asked.map(r => r.headers()['kexin-unattended'] === '1')
    const runs = async minutes => { // until what it asked by then is told
      await page.clock.runFor(minutes * 60_000)
      await Promise.all([page.waitForRequest('**/healthz'), page.evaluate(() => fetch('/healthz'))])
    }
    await runs(3)
    assert.ok(asked.some(r => r.url().endsWith('/me')) && !alone().includes(true), 'somebody is at it')
    await runs(3)
    asked = []
    await runs(10)
    assert.ok(asked.length > 5 && !alone().includes(false), 'nobody is')
    await page.locator('h1').first().click()
    asked = []
    await runs(2)
    assert.ok(asked.length > 0 && !alone().includes(true), 'somebody is back')
    await page.context().close()
  })

  test('a call opens as contact, and coming back asks for the note', async () => {
    const c = w.mine[2]
    const page = await w.rep.open(browser, null, { phone: true })
    const seen = bodies(page)
    await page.goto(w.url)
    await row(page, c.name).getByRole('button', { name: /打电话/ }).waitFor()
    const before = await seen()
    assert.ok(before.length > 2 && before.every(b => !stands(b, c.phone)), 'no answer holds the number before it is asked for')
    const [answer] = await Promise.all([page.waitForResponse(/\/contact$/), row(page, c.name).getByRole('button', { name: /打电话/ }).tap()])
    assert.match((await answer.json()).value, new RegExp(`${c.phone}$`))
    await page.locator('.call-number', { hasText: c.phone.slice(-4) }).waitFor()
    await page.evaluate(() => {
      const set = hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden }); document.dispatchEvent(new Event('visibilitychange')) }
      set(true)
      return new Promise(done => setTimeout(() => { set(false); done() }, 2100))
    })
    const sheet = page.getByRole('dialog', { name: `记跟进：${c.name}` })
    await sheet.waitFor()
    assert.ok(await sheet.getByRole('radio', { name: '去电' }).isChecked(), 'the kind is the call')
    // the browser waits for a program that dials: from here on its window takes no touch
    await sheet.getByRole('textbox').fill('没接，晚点再打')
    await sheet.getByRole('button', { name: '明天', exact: true }).dispatchEvent('click')
    await toast(page).getByText(/记好了/).waitFor()
    const me = await w.rep.api('GET', 'me')
    assert.equal(me.budget.contact.used, 1)
    await page.context().close()
  })

  test('nothing shows below the buttons of the filters; a long name takes two lines of today', async () => {
    const page = await w.rep.open(browser, '/customers', { phone: true })
    await page.locator('.cards').waitFor()
    await page.getByRole('button', { name: '筛选' }).tap()
    await page.locator('.sheet-foot').waitFor()
    assert.deepEqual(await page.locator('dialog[open]').evaluate(d => {
      const { left, bottom, width } = d.getBoundingClientRect()
      return [4, 12].map(up => document.elementFromPoint(left + width / 4, bottom - up)?.closest('.sheet-foot') ? '' : `${up} px above the edge`).filter(Boolean)
    }), [])
    await clean(page)
    await page.context().close()
    const name = '温州市瓯海区梧田街道鸿远嘉禾国际大酒店建筑装饰工程管理有限公司乐清市柳市镇第二分公司'
    const c = w.mine[3], named = async name => { const { rev } = await w.rep.api('GET', `customers/${c.id}`); await w.rep.api('PATCH', `customers/${c.id}`, { rev, fields: { name } }) }
    await named(name)
    const desk = await w.rep.open(browser, '/')
    const link = desk.locator('.due-name', { hasText: name })
    await link.waitFor()
    assert.ok((await link.boundingBox()).height <= 44, `${(await link.boundingBox()).height} px`)
    await clean(desk)
    await desk.context().close()
    await named(c.name)
  })

  test('a task is ticked off where it stands', async () => {
    const page = await w.rep.open(browser, '/', { phone: true })
    await row(page, '整理样板间').getByRole('button', { name: '做完了' }).tap()
    await toast(page).getByText('待办已完成').waitFor()
    await page.goto(`${w.url}/tasks`)
    await page.getByRole('checkbox', { name: /送样砖/ }).waitFor()
    assert.equal(await page.getByText('整理样板间').count(), 0, 'what is done is not in the way')
    await clean(page)
    await page.context().close()
  })
})

describe('the list at a desk', () => {
  let page
  before(async () => { page = await w.rep.open(browser) })
  after(() => page.context().close())
  const rows = () => page.locator('table.list tbody tr')
  const names = () => page.locator('table.list tbody th a').allTextContents()
  const settled = () => page.waitForFunction(() => !document.querySelector('.list-scroll.stale, [aria-busy=true]'))
  const asked = () => page.waitForResponse(/customers\/search$/)

  test('comes in few requests and shows fifty', async () => {
    const api = []
    page.on('request', r => { if (r.url().includes('/api/')) api.push(new URL(r.url()).pathname) })
    await page.goto(`${w.url}/customers`)
    await rows().first().waitFor()
    assert.equal(await rows().count(), 50)
    assert.deepEqual([...api].sort(), ['/api/v1/customers/search', '/api/v1/me', '/api/v1/schema'])
    await clean(page)
  })

  test('finds by two characters, by four digits, and by a whole number, which counts', async () => {
    const c = w.mine[17]
    const box = page.getByRole('searchbox', { name: '查找' })
    await page.keyboard.press('/')
    await becomes(() => box.evaluate(e => e === document.activeElement), true)
    await box.fill(c.name.slice(0, 1))
    await page.getByText('至少输入两个字').waitFor()
    await Promise.all([asked(), box.fill(c.name.slice(0, 2))])
    await settled()
    const hits = await names()
    assert.ok(hits.length > 0 && hits.every(n => n.includes(c.name.slice(0, 2))), hits.join())

    const before = (await w.rep.api('GET', 'me')).budget.lookup.used
    await box.fill(c.phone.slice(-4))
    await Promise.all([asked(), page.keyboard.press('Enter')])
    await settled()
    assert.deepEqual(await names(), [c.name])
    await box.fill(c.phone)
    await Promise.all([asked(), page.keyboard.press('Enter')])
    await settled()
    assert.deepEqual(await names(), [c.name])
    assert.equal((await w.rep.api('GET', 'me')).budget.lookup.used, before + 1, 'the whole number is a lookup, the four digits are none')
    await box.fill(w.theirs[0].phone)
    await Promise.all([asked(), page.keyboard.press('Enter')])
    await page.getByText('没有符合条件的客户').waitFor()
    assert.ok(!new URL(page.url()).search, 'nothing searched for is in the address')
    await page.keyboard.press('Escape')
    await rows().first().waitFor()
  })

  test('filters join, the order holds, pages go on and back', async () => {
    const chip = name => page.getByRole('button', { name, exact: true })
    await chip('进展').click()
    await Promise.all([asked(), page.getByRole('dialog').getByText('已报价').click()])
    await page.keyboard.press('Escape')
    await chip('需求').click()
    await Promise.all([asked(), page.getByRole('dialog').getByText('瓷砖').click()])
    await page.keyboard.press('Escape')
    await settled()
    const want = w.mine.filter(c => c.stage === 'quoted' && c.need[0] === 'tile').map(c => c.name)
    assert.deepEqual((await names()).sort(), want.sort())
    await page.getByRole('button', { name: '清除筛选' }).click()
    await settled()

    await page.getByRole('button', { name: '成交总额' }).click()
    await settled()
    const sums = await page.locator('table.list tbody tr td:last-child').allTextContents()
    const money = sums.map(s => Number(s.replace(/[^\d]/g, '')))
    assert.deepEqual(money, [...money].sort((a, b) => b - a), 'largest first')
    assert.equal(money.filter(n => n > 0).length, 4)
    const seen = new Set()
    for (let i = 0; i < 3; i++) {
      for (const id of await page.locator('table.list tbody th a').evaluateAll(l => l.map(a => a.getAttribute('href')))) seen.add(id)
      if (i === 2) break
      await Promise.all([asked(), page.getByRole('button', { name: '下一页' }).click()])
      await settled()
    }
    assert.ok(await page.getByRole('button', { name: '下一页' }).isDisabled(), 'a fourth page')
    assert.equal(seen.size, w.mine.length, 'every customer once')
    await page.getByRole('button', { name: '上一页' }).click()
    await settled()
    await page.getByText('第 51–100 条').waitFor()
    await page.getByRole('button', { name: '下次联系', exact: true }).first().click()
    await page.keyboard.press('Escape')
    await page.getByRole('combobox', { name: '排序' }).selectOption({ label: '按下次联系' })
    await page.getByText(/下次联系 已定/).waitFor()
    await settled()
    assert.ok((await rows().count()) < 10, 'soonest first shows who has a day')
    await page.getByRole('button', { name: '清除筛选' }).click()
    await page.getByRole('combobox', { name: '排序' }).selectOption('')
    await settled()
    assert.deepEqual(page.errors, [])
  })

  test('a record stands beside the list under its own address', async () => {
    const first = page.locator('table.list tbody th a').first()
    const name = await first.textContent()
    await page.locator('table.list tbody tr').first().locator('td').nth(3).click()
    await page.locator('.panel .who-name', { hasText: name }).waitFor()
    const at = page.url()
    assert.match(at, /\/customers\/\d+$/)
    assert.ok(!(await page.title()).includes(name), 'no name in the title')
    await page.reload()
    await page.locator('.panel .who-name', { hasText: name }).waitFor()
    await rows().first().waitFor()
    await shot(page, 'panel-zh')
    await clean(page)
    await page.keyboard.press('j')
    await page.waitForURL(u => u.href !== at)
    await page.goBack()
    await page.waitForURL(at)
    await page.locator('.panel .who-name', { hasText: name }).waitFor()
    await page.keyboard.press('Escape')
    await page.waitForURL(/\/customers$/)
    await page.goto(`${w.url}/customers`)
    await rows().first().waitFor()
    await drawn(page)
    for (const n of [0, 1]) {
      await page.keyboard.press('ArrowDown')
      await page.locator(`table.list tr.at[data-row="${n}"]`).waitFor()
    }
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/customers\/\d+$/)
    await page.locator('.panel .who-name').waitFor() // the address is there before the page that hears the key
    await page.keyboard.press('Escape')
    await page.waitForURL(/\/customers$/)
    await page.locator('.panel').waitFor({ state: 'detached' })
    await page.keyboard.press('n')
    await page.waitForURL(/\/customers\/new$/)
    await page.goBack()
  })

  test('a change says at the field what is wrong, and keeps what was typed', async () => {
    const c = w.mine[30]
    await page.goto(`${w.url}/customers/${c.id}`)
    await page.getByRole('tab', { name: '资料' }).click()
    const part = page.getByRole('region', { name: '联系方式' })
    await part.getByText('联系资料先打码').first().waitFor()
    assert.equal(await part.getByText('联系资料先打码').count(), 1, 'one reason is said once')
    await part.getByRole('button', { name: '修改' }).click()
    const email = part.getByLabel(/邮箱/), phone = part.getByLabel(/^手机/)
    await email.fill('not an address')
    await part.getByRole('button', { name: '保存' }).click()
    await part.getByRole('alert').first().waitFor()
    assert.equal(await email.getAttribute('aria-invalid'), 'true')
    await email.fill('a@example.com')
    await phone.fill('1380013800012345')
    await part.getByRole('button', { name: '保存' }).click()
    await part.locator('[data-field=phone] .err').waitFor()
    assert.equal(await email.inputValue(), 'a@example.com', 'what was typed stays')
    await phone.fill(w.theirs[2].phone)
    await part.getByRole('button', { name: '保存' }).click()
    await page.getByText('这个号码已经登记过').waitFor()
    assert.ok(!(await part.textContent()).includes(w.theirs[2].name), 'not whose it is')
    await shot(page, 'maybe-same-zh')
    await part.getByRole('button', { name: /共用号码/ }).click()
    await toast(page).getByText(/保存|改好/).first().waitFor()
    await part.getByText(`*******${w.theirs[2].phone.slice(-4)}`).waitFor()
    refused(page)
    await clean(page)
  })

  test('what is masked says why, and gives the number for a reason, within the day’s budget', async () => {
    const c = w.mine[40]
    await page.goto(`${w.url}/customers/${c.id}`)
    await page.getByRole('tab', { name: '资料' }).click()
    const seen = bodies(page)
    const part = page.getByRole('region', { name: '联系方式' })
    const lock = part.getByRole('button', { name: /手机/ })
    await lock.click()
    const why = page.getByRole('dialog', { name: /手机/ })
    await why.getByText('matrix:rep/contact@1').waitFor()
    assert.equal((await seen()).filter(b => stands(b, c.phone)).length, 0)
    await shot(page, 'why-zh')
    await clean(page)
    await why.getByRole('button', { name: '已约' }).click()
    await part.getByText(spaced(c.phone)).waitFor()
    await part.getByRole('timer').waitFor()
    await part.getByRole('button', { name: '收起' }).or(part.getByRole('button', { name: /藏|隐/ })).first().click()
    await part.getByText(spaced(c.phone)).waitFor({ state: 'detached' })
    for (let i = 0; i < 29; i++) await w.rep.api('POST', `customers/${w.mine[50 + i].id}/reveal`, { field: 'phone', reason: 'check' })
    await lock.click()
    await page.getByRole('dialog', { name: /手机/ }).getByRole('button', { name: '已约' }).click()
    const step = page.getByRole('dialog', { name: /再确认|动态码|身份/ })
    await step.waitFor()
    await shot(page, 'step-up-zh')
    await step.getByRole('link').first().waitFor() // a way to set the second factor up
    refused(page)
    await clean(page)
    await page.keyboard.press('Escape')
  })
})

describe('who sees what', () => {
  const list = (who, scene) => who.api('POST', 'customers/search', { limit: 200, ...(scene ? { scene } : {}) })
  const ids = async (who, scene) => new Set((await list(who, scene)).rows.map(r => r.id))

  test('a rep his own, a leader the subtree’s, the owner and the protection officer all', async () => {
    const mine = new Set(w.mine.map(c => c.id)), theirs = new Set(w.theirs.map(c => c.id)), owners = new Set(w.owners.map(c => c.id))
    assert.deepEqual(await ids(w.rep), mine)
    assert.deepEqual(await ids(w.leader), new Set([...mine, ...theirs]))
    assert.deepEqual(await ids(w.owner), new Set([...mine, ...theirs, ...owners]))
    assert.deepEqual(await ids(w.pio), new Set([...mine, ...theirs, ...owners]))
    assert.equal((await w.analyst.ask('POST', '/api/v1/customers/search', { body: '{}', type: 'application/json' })).status, 403)
  })

  test('tabs for a leader: mine, department, all below', async () => {
    const page = await w.leader.open(browser, '/customers')
    await page.locator('table.list tbody tr').first().waitFor()
    const tabs = page.getByRole('group', { name: /范围|看哪些/ }).getByRole('button')
    assert.deepEqual(await tabs.allTextContents(), ['我的', '销售部', '本部门及下级'])
    await tabs.first().click()
    await page.getByText('还没有客户').waitFor()
    await tabs.last().click()
    await page.locator('table.list tbody tr').first().waitFor()
    await clean(page)
    await page.context().close()
  })

  test('what is out of scope answers like what does not exist', async () => {
    const body = async id => (await w.rep.ask('GET', `/api/v1/customers/${id}`)).text.replace(/"request":"[^"]*"/, '')
    assert.equal(await body(w.theirs[0].id), await body('1234567890123456'))
    const page = await w.rep.open(browser, `/customers/${w.theirs[0].id}`)
    const said = async () => (await page.locator('.panel [role=alert]').textContent()).replace(/[0-9a-f]{12}/, '')
    await page.locator('.panel [role=alert]').waitFor()
    const first = await said()
    await page.goto(`${w.url}/customers/1234567890123456`)
    await page.locator('.panel [role=alert]').waitFor()
    assert.equal(await said(), first)
    refused(page)
    await clean(page)
    await page.context().close()
  })

  test('the protection officer sees every record, numbers masked, and changes nothing', async () => {
    const page = await w.pio.open(browser)
    const seen = bodies(page)
    await page.goto(`${w.url}/customers/${w.mine[1].id}`)
    await page.locator('.panel .who-name', { hasText: w.mine[1].name }).waitFor()
    await page.getByRole('tab', { name: '资料' }).click()
    await page.getByRole('region', { name: '联系方式' }).getByRole('button', { name: /手机/ }).waitFor()
    assert.equal(await page.getByRole('button', { name: '修改' }).count(), 0)
    assert.equal(await page.getByRole('button', { name: /打电话/ }).count(), 0)
    await page.getByRole('region', { name: '联系方式' }).getByRole('button', { name: /手机/ }).click()
    const why = page.getByRole('dialog', { name: /手机/ })
    await why.waitFor()
    assert.equal(await why.getByRole('button', { name: '已约' }).count(), 0, 'no way to the number')
    assert.equal((await w.pio.ask('POST', `/api/v1/customers/${w.mine[1].id}/reveal`, { body: '{"field":"phone","reason":"check"}', type: 'application/json' })).status, 403)
    for (const b of await seen()) for (const c of [...w.mine, ...w.theirs]) assert.ok(!stands(b, c.phone))
    await shot(page, 'pio-zh')
    await clean(page)
    await page.context().close()
  })

  test('the analyst counts, and sees no name and no record', async () => {
    const page = await w.analyst.open(browser)
    const seen = bodies(page)
    await page.goto(w.url)
    await page.getByRole('link', { name: '数一数' }).first().waitFor()
    assert.equal(await page.getByRole('navigation').getByRole('link', { name: '客户', exact: true }).count(), 0)
    await page.goto(`${w.url}/count`)
    await page.locator('.kpi').waitFor()
    await page.getByLabel('按什么分').selectOption('region')
    await page.getByText('乐清市').or(page.getByText('温州市')).first().waitFor()
    await shot(page, 'count-zh')
    await clean(page)
    await page.goto(`${w.url}/customers/${w.mine[0].id}`)
    await page.getByRole('main').waitFor()
    assert.equal((await w.analyst.ask('GET', `/api/v1/customers/${w.mine[0].id}`)).status, 403)
    const all = (await seen()).join('\n')
    for (const c of [...w.mine, ...w.theirs, ...w.owners]) assert.ok(!all.includes(c.name) && !stands(all, c.phone), c.name)
    refused(page)
    await page.context().close()
  })
})

describe('every page is clean', () => {
  const looks = [
    { lang: 'zh-CN', dark: false, phone: false }, { lang: 'en', dark: true, phone: false }, { lang: 'zh-CN', dark: true, phone: true }, { lang: 'en', dark: false, phone: true },
  ]
  for (const look of looks) {
    const tag = `${look.lang.slice(0, 2)}-${look.dark ? 'dark' : 'light'}-${look.phone ? '390' : '1440'}`
    test(tag, async () => {
      const c = w.mine[1]
      await w.rep.api('PATCH', 'me', { lang: look.lang })
      const page = await w.rep.open(browser, '/', look)
      const pages = [['today', '/', '.due-row'], ['customers', '/customers', '.list-scroll a'], ['record', `/customers/${c.id}`, '.time li'], ['full', `/customers/${c.id}/full`, '.time li'],
        ['visits', '/visits', '.list-scroll a'], ['deals', '/deals', '.list-scroll a']]
      for (const [name, path, there] of pages) {
        if (path !== '/') await page.goto(w.url + path)
        await page.locator(there).first().waitFor()
        await page.waitForFunction(() => !document.querySelector('.wait'))
        await shot(page, `${name}-${tag}`)
        await clean(page)
        assert.ok(!(await page.locator('body').innerText()).match(/\bweb\.[a-z_.]+|\bundefined\b|\bNaN\b/), 'a word is missing')
      }
      await page.context().close()
    })
  }
  after(() => w.rep.api('PATCH', 'me', { lang: 'zh-CN' }))
})

test('invented people are what they should be', () => assert.equal(new Set(Array.from({ length: 700 }, (_, i) => person(i).phone)).size, 700))
