// From an empty machine to the first lawful introduction: every click and every
// field of the way that the README describes, counted. Two shops that have
// nothing yet, a customer, and one command by whoever runs the server.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { launch, open, shot } from './kit.mjs'
import { PASSWORD, start, totp } from './server.mjs'
import { SHOPS, telephone } from './town.mjs'

let server, browser
before(async () => { [server, browser] = await Promise.all([start(), launch()]) })
after(async () => { await browser?.close(); await server?.stop() })

const tally = { clicks: 0, fields: 0 }
const click = async l => { tally.clicks++; await l.click() }
const fill = async (l, text) => { tally.fields++; await l.fill(text) }
const button = (page, name) => page.getByRole('button', { name, exact: true })

/** founds sets a shop up through its link: shop, account, recovery code on paper, second factor. */
async function founds(s, link) {
  const p = await open(browser)
  p.base = server.url
  await p.goto(link)
  for (const [name, v] of Object.entries({ name: s.name, uscc: s.uscc, contact: s.contact, address: s.address, owner: s.owner, login: s.login, password: PASSWORD, again: PASSWORD })) await fill(p.locator(`[name=${name}]`), v)
  await click(button(p, '建店，进入下一步'))
  const copied = button(p, '抄好了，下一步')
  await copied.or(button(p, '我知道了，进店')).waitFor()
  if (await copied.isVisible()) {
    const groups = await p.locator('.groups code').allInnerTexts()
    for (const [i, label] of (await p.locator('.pairs label').allInnerTexts()).entries()) await fill(p.locator(`[name=group${i + 1}]`), groups[Number(/\d+/.exec(label)[0]) - 1])
    await click(copied)
  }
  await click(button(p, '我知道了，进店'))
  await click(p.locator('.todos').getByRole('link', { name: '设置动态码' }))
  await click(button(p, '开始设置'))
  await fill(p.getByLabel('动态码'), totp(await p.locator('.secret code').innerText()))
  await click(button(p, '确认'))
  await click(p.getByText('抄好了', { exact: true }))
  await p.locator('.todos').waitFor()
  return p
}

/** card fills in what the shop's card asks besides what setup knows, and publishes the notice where the way leads past it. */
async function card(p, need) {
  await click(p.getByText(need, { exact: true }))
  await click(button(p, '保存'))
  await p.getByText('名片存好了').waitFor()
  await p.getByText('写好的告知书，看过就可以发布').waitFor()
  await click(button(p, '发布'))
}

test('from an empty machine to a customer who sent her own number to another shop', async () => {
  const a = await founds(SHOPS.tile, server.setup)
  await click(a.getByRole('navigation').getByRole('link', { name: '推荐' }))
  await click(a.getByRole('link', { name: '联盟', exact: true }))
  await card(a, '瓷砖')
  await fill(a.getByLabel('联盟的名字'), '安居联盟')
  await click(button(a, '发起联盟'))
  await click(button(a, '邀请店加入'))
  const invitation = await a.locator('.secret').textContent()

  const { link } = JSON.parse(await server.run('setup', '--json')) // by whoever runs the server, for the second shop
  const b = await founds(SHOPS.curtain, link)
  await b.goto(invitation)
  await card(b, '窗帘')
  await click(button(b, '加入安居联盟'))
  await b.getByText('等发起的店核实您').waitFor()
  await a.reload()
  await click(a.locator('.member-row', { hasText: '晴窗窗帘' }).getByRole('button', { name: '核实' }))
  await a.locator('.member-row', { hasText: '晴窗窗帘' }).getByText('已核实').waitFor()
  const ready = { ...tally }

  await click(a.getByRole('navigation').getByRole('link', { name: '客户' }))
  await click(a.getByRole('button', { name: '新建客户' }).first())
  await fill(a.getByLabel('姓名', { exact: true }), '王秀兰')
  await fill(a.getByLabel('手机').first(), '19900776001')
  await click(button(a, '保存'))
  await a.locator('.who-name', { hasText: '王秀兰' }).waitFor()
  await click(a.locator('.who').getByRole('button', { name: '推荐' }))
  const ask = a.getByRole('dialog', { name: '给王秀兰推荐一家店' })
  await ask.getByText('窗帘', { exact: true }).waitFor()
  for (const chip of ['窗帘', '晴窗窗帘店', '当面说的']) {
    const option = ask.getByText(chip, { exact: true })
    if (!await option.locator('xpath=ancestor-or-self::label//input').isChecked()) await click(option)
  }
  await click(ask.getByRole('button', { name: '复制话术' }))
  const words = await ask.locator('.made-words').textContent()
  const rep = { ...tally }

  const her = await telephone({ url: server.url }, browser)
  await her.goto(/https?:\S+$/.exec(words)[0])
  await click(button(her, '看一看'))
  await click(button(her, '请这家店联系我'))
  await fill(her.getByLabel('怎么称呼您'), '王女士')
  await fill(her.getByLabel('手机号'), '19900776001')
  await click(her.getByText('打电话', { exact: true }))
  await click(button(her, '交给他们'))
  await her.getByRole('heading', { name: '已办好，这是您的回执' }).waitFor()
  const hers = { ...tally }

  await her.locator('.word b').nth(1).waitFor()
  const [said, answer] = await her.locator('.word b').allInnerTexts()
  await click(b.getByRole('navigation').getByRole('link', { name: '推荐' }))
  await click(button(b, '接'))
  await click(b.locator('.arrival', { hasText: '王女士' }).getByRole('link', { name: '打开客户' }))
  await click(b.locator('.who').getByRole('button', { name: '打电话' }))
  const call = b.getByRole('dialog')
  await call.getByText(said, { exact: true }).waitFor()
  await fill(call.getByLabel('她回的第二个词'), answer)
  await click(call.getByRole('button', { name: '对一下' }))
  await call.locator('.okc').waitFor()
  await shot(b, 'first-introduction-1440')

  const steps = [ready, { clicks: rep.clicks - ready.clicks, fields: rep.fields - ready.fields }, { clicks: hers.clicks - rep.clicks, fields: hers.fields - rep.fields }, { clicks: tally.clicks - hers.clicks, fields: tally.fields - hers.fields }]
  for (const [file, clicks, fields] of [['README.md', 'clicks', 'field'], ['README.zh-CN.md', '次点击', '个字段']]) {
    const said = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    for (const [what, s] of Object.entries({ all: tally, shops: steps[0], rep: steps[1], her: steps[2], receiver: steps[3] })) {
      assert.match(said, new RegExp(`\\b${s.clicks} ${clicks}`), `${file} does not say ${s.clicks} clicks (${what})`)
      if (s.fields > 0) assert.match(said, new RegExp(`\\b${s.fields} ${fields}`), `${file} does not say ${s.fields} fields (${what})`)
    }
  }
  assert.ok(tally.clicks * 5 + tally.fields * 15 < 600, 'it takes longer than the README says, at five seconds a click and fifteen a field') // and so less than fifteen minutes with the codes written down
  for (const p of [a, b, her]) await p.context().close()
})
