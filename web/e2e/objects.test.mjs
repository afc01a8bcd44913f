// Records by hand in the browser, against the real program: customers and
// what hangs on them are made, changed, taken away and brought back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { company } from './sales.mjs'

let w, browser, page

before(async () => {
  [w, browser] = await Promise.all([company({ mine: 6, theirs: 3, own: 1 }), launch()])
  page = await w.rep.open(browser)
})
after(async () => { await browser?.close(); await w?.stop() })

const refused = () => { page.errors = page.errors.filter(e => !/status of 4(04|09|22)/.test(e)) }
const toast = text => page.locator('.toast', { hasText: text }).last().waitFor()
const part = name => page.getByRole('region', { name, exact: true })
const sheet = () => page.getByRole('dialog').last()
const save = () => sheet().getByRole('button', { name: '保存' }).click()
const open = async id => { await page.goto(`${w.url}/customers/${id}`); await page.getByRole('tab', { name: '往来' }).click() }

test('a new customer whose number is known: the same, or another who shares it', async () => {
  await page.goto(`${w.url}/customers/new`)
  const name = page.getByLabel('姓名')
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('[data-field=name] .err').waitFor()
  await name.fill('蔡琴声')
  await page.getByLabel(/^手机/).fill(w.mine[0].phone)
  await page.getByRole('button', { name: '保存' }).click()
  const box = page.locator('.same')
  await box.getByText('它是您的一位客户').waitFor()
  await shot(page, 'same-mine-zh')
  await clean({ ...page, errors: [], foreign: page.foreign, evaluate: page.evaluate.bind(page) })
  await box.getByRole('link', { name: /同一人/ }).click()
  await page.locator('.who-name', { hasText: w.mine[0].name }).waitFor()

  await page.goto(`${w.url}/customers/new`)
  await name.fill('蔡琴声')
  await page.getByLabel(/^手机/).fill(w.theirs[0].phone)
  await page.locator('.panel').getByText('窗帘', { exact: true }).click()
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('.same').getByText('店里已有同事在负责').waitFor()
  assert.ok(!(await page.locator('.panel').innerText()).includes(w.theirs[0].name), 'not whose it is')
  await page.locator('.same').getByRole('button', { name: /共用号码/ }).click()
  await page.locator('.who-name', { hasText: '蔡琴声' }).waitFor()
  refused()
  await clean(page)
})

test('a company has a code with a check digit', async () => {
  await page.goto(`${w.url}/customers/new`)
  await page.getByText('单位', { exact: true }).click()
  await page.getByRole('button', { name: '填更多' }).click()
  await page.getByLabel('姓名').fill('乐清市远大装饰有限公司')
  const code = page.getByLabel(/统一社会信用代码|信用代码/)
  await code.fill('91330382MA2ABCD00X')
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('[data-field=uscc] .err').waitFor()
  await shot(page, 'company-fault-zh')
  await code.fill('92330382MAKXDM012G')
  await page.getByRole('button', { name: '保存' }).click()
  await page.locator('.who-name', { hasText: '远大装饰' }).waitFor()
  refused()
})

test('an order with its lines, changed, taken away and brought back', async () => {
  const c = w.mine[1]
  await open(c.id)
  await part('订单').getByRole('button', { name: /添加/ }).click()
  await sheet().getByLabel('订单号').fill('SY-2001')
  const lines = sheet().getByRole('group', { name: '第 1 行' })
  await lines.getByLabel('品名').fill('柔光砖 750×1500')
  await lines.getByLabel('数量').fill('40')
  await lines.getByLabel('单价').fill('128')
  await sheet().getByRole('button', { name: '加一行' }).click()
  const second = sheet().getByRole('group', { name: '第 2 行' })
  await second.getByLabel('品名').fill('美缝剂')
  await second.getByLabel('数量').fill('6')
  await second.getByLabel('单价').fill('45')
  await shot(page, 'order-new-zh')
  await clean(page)
  await save()
  await part('订单').getByText('¥5,390').waitFor()

  await part('订单').getByRole('button', { name: /打开/ }).click()
  await sheet().getByText('已付清', { exact: true }).click()
  await save()
  await part('订单').getByText('已付清').waitFor()

  await part('订单').getByRole('button', { name: /打开/ }).click()
  await sheet().getByRole('table').getByRole('row').nth(2).getByRole('button').click()
  await toast('已删除')
  await page.locator('.toast').getByRole('button', { name: '撤销' }).last().click()
  await sheet().getByText('美缝剂').waitFor()
  await sheet().getByRole('button', { name: /^删除/ }).last().click()
  await part('订单').getByText('还没有').waitFor()
  await page.locator('.toast').getByRole('button', { name: '撤销' }).last().click()
  await part('订单').getByText('SY-2001').waitFor()
  const kept = await w.rep.api('POST', 'orders/search', { parent: c.id })
  assert.equal(kept.rows.length, 1)

  await page.goto(`${w.url}/orders`)
  await page.getByRole('link', { name: 'SY-2001' }).click()
  await page.locator('.lines-table').getByText('柔光砖').waitFor()
  await shot(page, 'order-zh')
  await clean(page)
})

test('a deal, a task and a contact from the record, each in its list', async () => {
  const c = w.mine[2]
  await open(c.id)
  await part('商机').getByRole('button', { name: /添加/ }).click()
  await sheet().getByText('橱柜', { exact: true }).click()
  await sheet().getByLabel(/金额/).fill('一万')
  await save()
  await sheet().locator('[data-field=amount] .err').waitFor()
  await sheet().getByLabel(/金额/).fill('18,800')
  await save()
  await part('商机').getByText('¥18,800').waitFor()

  await part('待办').getByRole('button', { name: /添加/ }).click()
  await sheet().getByLabel('要做什么').fill('周六量房')
  await save()
  const tick = part('待办').getByRole('checkbox', { name: /周六量房/ })
  await tick.click()
  await toast('待办已完成')
  await tick.click()
  await toast('待办已恢复')

  await part('联系人').getByRole('button', { name: /添加/ }).click()
  await sheet().getByLabel('姓名').fill('郑师傅')
  await sheet().getByLabel(/^手机/).fill('19900009999')
  await save()
  await part('联系人').getByText('*******9999').waitFor()
  await shot(page, 'related-zh')
  await clean(page)

  await page.goto(`${w.url}/contacts`)
  await page.getByRole('link', { name: '郑师傅' }).waitFor()
  await page.getByRole('searchbox').fill('郑师')
  await page.waitForResponse(/contacts\/search$/)
  await page.getByRole('link', { name: '郑师傅' }).click()
  await page.locator('.panel').getByRole('link', { name: c.name }).waitFor()
  await clean(page)
  await page.locator('.panel').getByRole('button', { name: '修改' }).first().click()
  await page.locator('.panel').getByLabel('姓名').fill('郑工长')
  await page.locator('.panel').getByRole('button', { name: '保存' }).click()
  await page.locator('.panel .who-name', { hasText: '郑工长' }).waitFor()
  for (const [path, text] of [['deals', c.name], ['tasks', '周六量房']]) {
    await page.goto(`${w.url}/${path}`)
    await page.getByRole('link', { name: text }).first().waitFor()
    await clean(page)
  }
})

test('two who change one record at once: the second sees what the first changed', async () => {
  const c = w.mine[3]
  await page.goto(`${w.url}/customers/${c.id}`)
  await page.getByRole('tab', { name: '资料' }).click()
  const basics = part('基本资料')
  await basics.getByRole('button', { name: '修改' }).click()
  await basics.getByLabel('姓名').fill('林改名')
  const { rev } = await w.owner.api('GET', `customers/${c.id}`)
  await w.owner.api('PATCH', `customers/${c.id}`, { rev, fields: { stage: 'won' } })
  await basics.getByRole('button', { name: '保存' }).click()
  await basics.getByText(/别人/).waitFor()
  assert.equal(await basics.getByLabel('姓名').inputValue(), '林改名')
  await shot(page, 'conflict-zh')
  refused()
  await clean(page)
  await basics.getByRole('button', { name: '再存一次' }).click()
  await page.locator('.panel .who-name', { hasText: '林改名' }).waitFor()
  refused()
})

test('what is typed outlives the way back and the end of the session', async () => {
  const p = await w.rep.open(browser, '/customers')
  await p.getByRole('link', { name: '新建客户' }).or(p.getByRole('button', { name: '新建客户' })).first().click()
  await p.getByLabel('姓名', { exact: true }).fill('写了一半')
  await p.goBack()
  await p.waitForURL('**/customers')
  await p.goForward()
  await p.getByText('上次没存完的还在').waitFor()
  assert.equal(await p.getByLabel('姓名', { exact: true }).inputValue(), '写了一半')
  await p.getByRole('button', { name: '清空重填' }).click()
  assert.equal(await p.getByLabel('姓名', { exact: true }).inputValue(), '')
  await p.getByLabel('姓名', { exact: true }).fill('登录到期')
  const cookies = await p.context().cookies()
  await p.context().clearCookies()
  await p.getByRole('button', { name: '保存' }).click()
  await p.locator('.off-bar').getByRole('link', { name: '去登录' }).waitFor()
  await shot(p, 'session-ended-zh')
  p.errors.length = 0 // the browser's own line about the 401
  await clean(p)
  await p.context().addCookies(cookies) // signed in on another page
  await p.getByRole('button', { name: '保存' }).click()
  await p.locator('.panel .who-name', { hasText: '登录到期' }).waitFor()
  assert.equal(await p.locator('.off-bar').count(), 0)
  await p.goto(`${w.url}/customers/new`) // saved, so nothing is kept of it
  assert.equal(await p.getByLabel('姓名', { exact: true }).inputValue(), '')
  await p.context().clearCookies()
  await p.goto(`${w.url}/customers`)
  await p.waitForURL('**/login**')
  await p.context().close()
})

test('the owner hands a customer on, and takes it back', async () => {
  const c = w.mine[4]
  const p = await w.owner.open(browser, `/customers/${c.id}`)
  await p.locator('.panel').getByRole('button', { name: '更多' }).click()
  await p.getByRole('button', { name: /换负责人|转给/ }).click()
  await p.getByLabel(/给谁|转给/).selectOption({ label: '赵强' })
  await shot(p, 'move-zh')
  await clean(p)
  await p.getByRole('dialog').getByRole('button', { name: /换|转/ }).click()
  await p.locator('.panel').getByText('赵强').first().waitFor()
  assert.equal((await w.rep.ask('GET', `/api/v1/customers/${c.id}`)).status, 404)
  await p.locator('.toast').getByRole('button', { name: '撤销' }).click()
  await p.locator('.panel').getByText('孙婷').first().waitFor()
  assert.equal((await w.rep.ask('GET', `/api/v1/customers/${c.id}`)).status, 200)
  await p.context().close()
})

