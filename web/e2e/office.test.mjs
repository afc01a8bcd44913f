// The office of a mall or an alliance: its members first, no customers pushed, and
// positions that sell nothing; a shop that becomes one keeps what it has.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { cardOf, town } from './town.mjs'

let t, browser

before(async () => {
  [t, browser] = await Promise.all([town({ shops: ['tile', 'curtain'] }), launch()])
  await t.tile.owner.api('PATCH', 'org', { size: 'mall' })
})
after(async () => {
  await browser?.close()
  await t?.stop()
})

const words = async page => (await page.locator('nav').first().innerText()).split('\n').map(x => x.trim()).filter(Boolean)

test('an office begins with its alliance', { timeout: 900_000 }, async () => {
  const { owner } = t.tile
  let page = await owner.open(browser, '/')
  await page.getByText('还没有联盟').waitFor()
  const menu = await words(page)
  assert.equal(menu[menu.indexOf('今天') + 1], '联盟', menu.join(' '))
  assert.ok(menu.indexOf('客户') > menu.indexOf('登录过的设备') && !menu.includes('推荐'), menu.join(' '))
  await page.waitForLoadState('networkidle')
  assert.doesNotMatch(await page.locator('main').innerText(), /导进来|导入|新客户|查重|看完整号码/)
  await clean(page)
  await page.context().close()

  for (const k of ['tile', 'curtain']) await t[k].owner.api('PUT', 'card', cardOf(t[k]))
  await owner.api('POST', 'alliance', { name: '安居联盟' })
  const { url } = await owner.api('POST', 'alliance/invitation')
  await t.curtain.owner.api('POST', 'alliance/join', { token: new URL(url).hash.slice(1) })
  for (const look of [{}, { phone: true }, { phone: true, lang: 'en', dark: true }]) {
    page = await owner.open(browser, '/', look)
    await page.locator('.office-waiting').waitFor()
    assert.match(await page.locator('.office-waiting').innerText(), /晴窗窗帘/)
    await clean(page)
    await shot(page, `office${look.phone ? '-390' : ''}${look.lang ? '-en-dark' : ''}`)
    await page.context().close()
  }
  page = await owner.open(browser, '/')
  await page.getByRole('link', { name: '去核实' }).click()
  // between what the founder sees and his tap the shop takes another name
  const [row, verify] = [page.locator('.member-row', { hasText: '等核实' }), page.getByRole('button', { name: '核实' }).first()]
  await verify.waitFor()
  await t.curtain.owner.api('PUT', 'card', { ...cardOf(t.curtain), shown: '明灯照明' })
  await verify.click()
  await page.getByText('这家店刚改了店名').waitFor()
  await row.getByText('明灯照明').waitFor()
  await shot(page, 'office-renamed')
  page.errors = page.errors.filter(e => !/status of 409/.test(e))
  await verify.click()
  await page.locator('.chip.ok, .chip').filter({ hasText: '已核实' }).first().waitFor()
  assert.equal(await page.locator('.tabs').count(), 0, 'an office has no inbox of its own')
  await page.goto(`${t.url}/`)
  await page.getByText('已核实 1 家').waitFor()
  await owner.api('POST', `alliance/members/${t.curtain.org}/state`, { state: 'suspended' })
  await page.reload()
  await page.locator('.office-rest li', { hasText: '明灯照明' }).getByText('已暂停').waitFor()
  assert.match(await page.locator('.office').innerText(), /已核实 0 家/)
  await page.goto(`${t.url}/shop/people`)
  await page.getByText('秘书处负责人').first().waitFor()
  await page.getByRole('button', { name: '请同事加入' }).first().click()
  const form = await page.locator('form.form').innerText()
  assert.ok(form.includes('审计') && !form.includes('销售') && !form.includes('客服'), form)
  await clean(page)
  await page.context().close()
})
