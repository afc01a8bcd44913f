// 我的店: settings, keys, backups, the log and the rest, and every place at every look.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { shop } from './server.mjs'

let browser
const stops = []
before(async () => { browser = await launch() })
after(async () => {
  await browser?.close()
  await Promise.all(stops.map(s => s()))
})

async function at(options) {
  const w = await shop(options)
  stops.push(w.stop)
  return w
}

const PLACES = ['people', 'settings', 'notice', 'ledger', 'keys', 'backups', 'alerts', 'security', 'devices', 'tokens']

test('settings: the size changes the menu, the officer and the address come into the notice', async () => {
  const w = await at({ staff: {} })
  const p = await w.owner.open(browser, '/shop/settings')
  assert.equal(await p.getByLabel('管资料的人的联系方式').inputValue(), '林国栋')
  await p.getByLabel('管资料的人的联系方式').fill('文静 0577-62500001')
  await p.getByLabel('店里电话').fill('0577-62500009')
  await p.getByRole('button', { name: '保存' }).click()
  await p.getByText('已保存').first().waitFor()
  await p.getByText('公司', { exact: true }).click()
  await p.getByRole('navigation').getByText('订单').waitFor()
  await clean(p)
  await shot(p, 'settings-company-1440')
  await p.goto(`${w.url}/shop/notice`)
  await p.getByText('文静 0577-62500001').waitFor()
  await p.getByText('0577-62500009').waitFor()
  await p.context().close()
})

test('a backup with one tap; its age is on the home page', async () => {
  const w = await at({ staff: {} })
  const p = await w.owner.open(browser, '/shop/backups')
  const now = p.getByRole('button', { name: '马上备份' })
  await now.click()
  await p.getByText('最新的备份在').waitFor()
  await clean(p)
  await shot(p, 'backups-1440')
  await p.goto(w.url)
  await p.getByText('上次备份').waitFor()
  assert.equal(await p.getByText('还没有备份').count(), 0)
  await p.context().close()
})

test('keys: all open, rotated while serving, after the second factor', async () => {
  const w = await at()
  await w.rep.api('POST', 'customers', { fields: { name: '王秀兰', phone: '13812345678' } })
  const p = await w.owner.open(browser, '/shop/keys', { phone: true })
  await p.getByRole('row', { name: /包客户密钥/ }).first().waitFor()
  await clean(p)
  await p.getByRole('button', { name: '换' }).first().click()
  await p.getByRole('row', { name: /包客户密钥 2/ }).waitFor()
  await p.getByRole('row', { name: /包客户密钥 2 在用/ }).waitFor({ timeout: 300_000 })
  await clean(p)
  await shot(p, 'keys-390')
  const found = await w.rep.api('POST', 'customers/search', {})
  assert.ok(JSON.stringify(found).includes('王秀兰'), 'what was encrypted before the rotation does not open')
  await p.context().close()
})

test('the log speaks in words and says who watches', async () => {
  const w = await at()
  const p = await w.owner.open(browser, '/shop/ledger')
  await p.getByRole('button', { name: /加入了店里/ }).first().waitFor()
  const body = await p.locator('.place-body').innerText()
  assert.ok(!/\b(ledger|session|member)\.[a-z]/.test(body), 'a code stands where words should')
  await p.getByText('还没有外人见证').waitFor()
  await p.getByRole('button', { name: /加入了店里/ }).first().click()
  await p.getByRole('dialog').getByText('member.joined').waitFor() // the code is for the program's sake, in the detail
  await clean(p)
  await shot(p, 'log-entry-1440')
  await p.context().close()
})

test('what a position may not do, its pages do not offer and its addresses refuse', async () => {
  const w = await at({ size: 'company', staff: { rep: '孙婷', pio: '文静', analyst: '方正' } })
  for (const [who, open, shut] of [['rep', ['security', 'devices', 'tokens'], ['people', 'settings', 'keys', 'backups', 'ledger', 'alerts']], ['analyst', ['security'], ['people', 'ledger', 'keys']]]) {
    const p = await w[who].open(browser)
    for (const place of open) {
      await p.goto(`${w.url}/shop/${place}`)
      await p.locator('.place-body').waitFor()
      await p.waitForLoadState('networkidle')
      assert.equal(await p.getByText('林国栋').count(), 0)
    }
    for (const place of shut) {
      await p.goto(`${w.url}/shop/${place}`)
      await p.locator('.nothing').waitFor()
      assert.equal(await p.locator('.place-body').count(), 0, `${who} ${place}`)
    }
    await clean(p)
    await p.context().close()
    for (const path of ['people', 'keys', 'backups', 'ledger', 'devices?all=true']) assert.equal((await w[who].ask('GET', `/api/v1/${path}`)).status, 403, `${who} ${path}`)
  }
})

for (const size of ['shop', 'company']) {
  test(`every place of a ${size}, at every look`, async () => {
    const w = await at({ size, staff: { rep: '孙婷', leader: '王敏' } })
    await w.owner.api('POST', 'invites', { name: '<b>赵</b>', position: 'rep' }, 422) // no markup in a name, not even escaped
    await w.owner.api('POST', 'invites', { name: '赵 & 钱 {{.}}', position: 'rep' })
    if (size === 'company') await w.owner.api('POST', 'depts', { name: '一部' })
    for (const o of [{ lang: 'zh-CN' }, { lang: 'zh-CN', phone: true, dark: true }, { lang: 'en', dark: true }, { lang: 'en', phone: true }]) {
      const p = await w.owner.open(browser, null, o)
      for (const place of ['', ...PLACES]) {
        if (size === 'company' && ['ledger', 'keys', 'devices', 'tokens', 'security', 'alerts', 'backups'].includes(place)) continue
        await p.goto(`${w.url}/shop${place && '/'}${place}`)
        await p.waitForLoadState('networkidle')
        await clean(p)
        assert.ok(!/\b(web|ledger|error|position)\.[a-z_]+\.?[a-z_]*\b/.test((await p.locator('body').innerText()).replace(/\/\S+/g, '')), `a key shows on ${place}`)
        await shot(p, `place-${size}-${place || 'home'}-${o.phone ? 390 : 1440}-${o.lang}${o.dark ? '-dark' : ''}`)
      }
      await p.context().close()
    }
  })
}
