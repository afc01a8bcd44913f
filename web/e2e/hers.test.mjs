// The customer's pages at every look, without script; robots that open links;
// staff who open their own; the voucher, the counter, the code, the withdrawal.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { clean, launch, shot, stands } from './kit.mjs'
import { LOOKS, broken, uneven } from './looks.mjs'
import { ally, asHer, fair, gateway, knows, recommends, telephone, title, town, words } from './town.mjs'

let t, sms, browser
before(async () => {
  sms = await gateway()
  ;[t, browser] = await Promise.all([town({ server: sms.server }).then(x => ally(x)), launch()])
})
after(async () => { await browser?.close(); await t?.stop(); sms?.stop() })

let number = 19900660000
const nextNumber = () => String(number += 7)
const button = (page, name) => page.getByRole('button', { name })
/** meant takes the line that a browser writes for an answer that was meant to refuse. */
const meant = page => { page.errors = page.errors.filter(e => !/status of 4(03|04|09|22|29)/.test(e)) }

describe('her pages at every look', () => {
  for (const look of LOOKS) {
    test(look.name, async () => {
      const lang = look.lang ?? 'zh-CN', say = words(lang), shop = { shop: '晴窗窗帘' }
      const her = await telephone(t, browser, { ...look, lang }), phone = nextNumber()
      const see = async (name, heading) => {
        await title(her, heading)
        if (name.endsWith('-wrong')) await her.locator('.err').first().waitFor() // the page before has the same heading
        assert.equal(await her.locator('html').getAttribute('lang'), lang)
        assert.equal(await her.locator('html').getAttribute('class'), look.big ? 'big' : null)
        meant(her)
        if (['intro', 'form', 'withdraw'].includes(name)) assert.deepEqual(await uneven(her), [], name)
        if (['intro', 'form', 'withdraw'].includes(name) && lang === 'zh-CN' && !look.big && !look.zoom) assert.deepEqual(await broken(her), [], name)
        if (name === 'form') assert.equal(await her.locator('input:checked').count(), 0, 'something is ticked beforehand')
        await fair(her, { ...look, shot: `hers-${name}-${look.name}` })
      }
      const press = async name => { await button(her, name).click() }
      await her.goto(t.url + await recommends(t, await knows(t.tile.rep), 'curtain', ['curtain']))
      await see('door', say('hers.door.title'))
      await press(say('hers.door.go'))
      await see('intro', say('hers.intro.title'))
      await press(say('hers.intro.yes'))
      await see('form', say('hers.form.title', shop))
      await her.getByLabel(say('hers.form.name')).fill('王女士')
      await her.getByLabel(say('hers.form.phone')).fill('123')
      await press(say('hers.form.send'))
      await see('form-wrong', say('hers.form.title', shop))
      assert.equal(await her.getByLabel(say('hers.form.name')).inputValue(), '王女士', 'what she typed is gone')
      await her.getByLabel(say('hers.form.phone')).fill(phone)
      await her.getByText(say('hers.channel.call'), { exact: true }).click()
      await her.getByText(say('hers.want.marketing.own.sms')).click()
      await press(say('hers.form.send'))
      await see('receipt', say('hers.receipt.title'))
      await her.getByText(say('hers.word.requested')).first().waitFor()
      await press(say('hers.receipt.prove.sms'))
      await see('code', say('hers.code.title'))
      const code = await sms.code(`+86${phone}`)
      await her.getByLabel(say('hers.code.field')).fill(code === '000000' ? '000001' : '000000')
      await press(say('hers.code.go'))
      await see('code-wrong', say('hers.code.title'))
      await her.getByLabel(say('hers.code.field')).fill(code)
      await press(say('hers.code.go'))
      await see('receipt-proved', say('hers.receipt.title'))
      await her.getByRole('link', { name: say('hers.mine.title') }).click()
      await see('mine', say('hers.mine.title'))
      await her.getByRole('link', { name: say('hers.mine.stop') }).click()
      await see('withdraw', say('hers.withdraw.title', shop))
      await press(say('hers.withdraw.yes'))
      await see('withdrawn', say('hers.withdrawn.title'))
      await her.goto(await sms.link(`+86${phone}`, 1)) // behind that of her receipt
      await see('keep', say('hers.keep.title'))
      await press(say('hers.keep.go'))
      await see('keep-done', say('hers.keep.done'))
      await her.goto(`${t.url}/p/withdrawn`)
      await press(say('hers.withdraw.all')) // one tap more, and the stop is as wide as it goes
      await see('withdrawn-wider', say('hers.withdrawn.title'))
      await her.locator('.slip').getByText(say('hers.stop.all')).waitFor()
      assert.equal(await button(her, say('hers.withdraw.all')).count(), 0)
      await her.goto(`${t.url}/l/${'0'.repeat(22)}`)
      await see('gone', say('hers.gone.title'))
      await her.context().close()
    })
  }

  test('large print and language stay where she is, and what she has typed is not asked twice', async () => {
    const her = await telephone(t, browser)
    await her.goto(t.url + await recommends(t, await knows(t.tile.rep), 'curtain', ['curtain']))
    await button(her, '看一看').click()
    await button(her, '请这家店联系我').click()
    await her.getByRole('link', { name: '大字' }).click()
    await her.locator('html.big').waitFor()
    await title(her, '您想告诉晴窗窗帘什么')
    await her.getByRole('link', { name: 'English' }).click()
    await title(her, words('en')('hers.form.title', { shop: '晴窗窗帘' }))
    assert.equal(await her.locator('html').getAttribute('class'), 'big')
    await her.getByRole('link', { name: '中文' }).click()
    await button(her, '交给他们').click({ noWaitAfter: true }) // the browser itself asks for the name first
    await her.getByLabel('怎么称呼您').fill('王女士')
    await her.getByLabel('手机号').fill('1')
    await button(her, '交给他们').click()
    await her.getByText('手机号不对').first().waitFor()
    await her.getByRole('link', { name: '普通字' }).click()
    await her.locator('html:not(.big)').waitFor()
    await title(her, '您想告诉晴窗窗帘什么')
    await her.context().close()
  })
})

describe('a link that others open', () => {
  /** state is everything that could have changed: both shops' rows, what her link shows, and what the logs hold of customers. */
  async function state(link) {
    const logs = []
    for (const s of ['tile', 'curtain']) logs.push((await t[s].owner.api('GET', 'ledger')).entries.filter(e => /^(referral|consent|message|code|page|sending|voucher|word)\./.test(e.type)).map(e => e.id))
    assert.ok(logs[0].length, 'the filter hides every entry about a recommendation')
    return JSON.stringify([await t.tile.rep.api('GET', 'referrals'), await t.curtain.rep.api('GET', 'inbox'), logs, (await asHer(t).get(link)).text.replace(/name="nonce" value="[^"]*"/g, '')])
  }
  /** still is the state once what the server had in its hands is through: three seconds without anything new. */
  async function still(link) {
    for (let was = '', since = 0; ;) {
      const now = await state(link)
      since = now === was ? since + 1 : 0
      if (since === 3) return now
      was = now
      await new Promise(r => setTimeout(r, 1000))
    }
  }
  const AGENTS = {
    wechat: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN',
    preview: 'Mozilla/5.0 (compatible; WeChat-LinkPreview)', scanner: 'Mozilla/5.0 (compatible; Barracuda Sentinel (EE))', slack: 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', curl: 'curl/8.5.0',
  }

  test('robots change nothing: HEAD, GET ten times, GET by scanners and WeChat', async () => {
    const link = await recommends(t, await knows(t.tile.rep, '李建国'), 'curtain', ['curtain'])
    const before = await still(link)
    for (const headers of Object.values(AGENTS).map(a => ({ 'User-Agent': a }))) {
      const look = (method, path = link) => fetch(t.url + path, { method, headers, redirect: 'manual' })
      assert.equal((await look('HEAD')).status, 200)
      for (let i = 0; i < 10; i++) {
        const a = await look('GET')
        assert.equal(a.status, 200)
        const body = await a.text()
        for (const s of ['李建国', '陈晓雯', '想看']) assert.ok(!body.includes(s), `${s} is on the page that a robot sees`)
      }
      for (const path of ['/p/intro', '/p/form?i=0', '/p/receipt', '/p/withdraw', '/p/mine', '/p/declined?i=0']) await look('GET', path)
      assert.equal((await look('GET', `${link}?answer=yes`)).status, 200)
      assert.notEqual((await fetch(t.url + link, { method: 'POST', headers, redirect: 'manual' })).status, 303, 'a POST without the form is an act')
    }
    assert.equal(await state(link), before)
    await (await asHer(t).opens(link)).sends({ name: '李先生', phone: nextNumber() }) // and it still works
    assert.notEqual(await state(link), before, 'the state does not show an act of hers')
  })

  test('a rep who opens his own link where he is signed in cannot answer for her', async () => {
    const customer = await knows(t.tile.rep, '赵敏')
    const link = await recommends(t, customer, 'curtain', ['curtain'])
    const p = await t.tile.rep.open(browser, link, { phone: true })
    await button(p, '看一看').click()
    await p.getByRole('alert').getByText('这台手机登录过店员账号').waitFor()
    await fair(p, { shot: 'hers-staff-intro-390' })
    await button(p, '请这家店联系我').click()
    await p.getByLabel('怎么称呼您').fill('赵女士')
    await p.getByLabel('手机号').fill(nextNumber())
    await p.getByText('打电话', { exact: true }).click()
    await button(p, '交给他们').click()
    await p.getByText('同意只能由客户本人来点').waitFor()
    meant(p)
    await shot(p, 'hers-staff-refused-390', { fullPage: true })
    await clean(p)
    const row = (await t.tile.rep.api('GET', 'referrals')).referrals.find(r => r.customer === customer.id)
    assert.equal(row.sight, 'waiting')
    assert.ok(!JSON.stringify(await t.curtain.rep.api('GET', 'inbox')).includes('赵女士'))
    // signed out, the browser is still one of staff
    await p.context().clearCookies({ name: 'kx' })
    await p.goto(t.url + link)
    await button(p, '看一看').click()
    await p.getByRole('alert').getByText('这台手机登录过店员账号').waitFor()
    await button(p, '不需要').click()
    await p.getByText('同意只能由客户本人来点').waitFor()
    assert.equal((await t.tile.rep.api('GET', 'referrals')).referrals.find(r => r.customer === customer.id).sight, 'waiting')
    await p.context().close()
  })
})

test('a receipt on paper is dark on light, with the telephone of the shop and without buttons', async () => {
  const her = await telephone(t, browser, { dark: true })
  await her.goto(t.url + await recommends(t, await knows(t.tile.rep), 'curtain', ['curtain']))
  await button(her, '看一看').click()
  await button(her, '请这家店联系我').click()
  await her.getByLabel('怎么称呼您').fill('王女士')
  await her.getByLabel('手机号').fill(nextNumber())
  await her.getByText('打电话', { exact: true }).click()
  await button(her, '交给他们').click()
  await title(her, '已办好，这是您的回执')
  await her.emulateMedia({ media: 'print', colorScheme: 'dark' })
  assert.deepEqual(await her.evaluate(() => [document.body, document.querySelector('.slip')].flatMap(e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor])), ['rgb(20, 24, 28)', 'rgb(255, 255, 255)', 'rgb(20, 24, 28)', 'rgb(255, 255, 255)'])
  assert.equal(await her.locator('footer').getByText('0577-62520002').isVisible(), true)
  assert.equal(await her.locator('.btn:visible, form:visible').count(), 0)
  await shot(her, 'hers-receipt-paper', { fullPage: true })
  await her.context().close()
})

test('not now: the other shop learns nothing, her own only that; she may change her mind', async () => {
  const customer = await knows(t.tile.rep, '张伟'), her = await telephone(t, browser)
  const inbox = JSON.stringify(await t.curtain.rep.api('GET', 'inbox'))
  await her.goto(t.url + await recommends(t, customer, 'curtain', ['curtain']))
  await button(her, '看一看').click()
  await button(her, '不需要').click()
  await title(her, '好的，这次什么都没交出去')
  await fair(her, { shot: 'hers-declined-zh-390' })
  assert.equal(JSON.stringify(await t.curtain.rep.api('GET', 'inbox')), inbox)
  const p = await t.tile.rep.open(browser, '/share/sent', { phone: true })
  await p.locator('.arrival', { hasText: '张伟' }).getByText('客户这次不需要').waitFor()
  await shot(p, 'sent-declined-390')
  await clean(p)
  await p.goto(`${t.url}/customers/${customer.id}`)
  await p.locator('.who').getByRole('button', { name: '推荐' }).tap()
  const sheet = p.getByRole('dialog', { name: /推荐一家店/ })
  await sheet.getByRole('list', { name: '以前推荐过' }).getByText('客户这次不需要').waitFor()
  for (const chip of ['窗帘', '当面说的']) await sheet.getByText(chip, { exact: true }).tap()
  const shop = sheet.getByText('晴窗窗帘', { exact: true }).last()
  if (!await shop.locator('xpath=ancestor-or-self::label//input').isChecked()) await shop.tap()
  await sheet.getByRole('button', { name: '复制话术' }).tap()
  await sheet.getByRole('alert').getByText(/以前不再问这件事；她自己随时可以来/).waitFor()
  await shot(p, 'recommend-refused-390')
  await p.context().close()
  await button(her, '改主意了，请他们联系我').click()
  await title(her, '您想告诉晴窗窗帘什么')
  await her.context().close()
})

test('several shops on one page: each has its own answer', async () => {
  await t.lamp.owner.api('PUT', 'card', { shown: '明灯照明', address: '乐清市建材市场 3 栋 2 号', phone: '0577-62520003', about: '灯具与窗帘轨道', needs: ['lamp', 'curtain'] })
  const her = await telephone(t, browser)
  await her.goto(t.url + await recommends(t, await knows(t.tile.rep, '孙婷'), 'curtain', ['curtain', 'lamp']))
  await button(her, '看一看').click()
  await title(her, words('zh-CN')('hers.intro.title'))
  await fair(her, { shot: 'hers-two-shops-zh-390' })
  const card = her.locator('section.card', { hasText: '明灯照明' }).first()
  await card.getByRole('button', { name: '请这家店联系我' }).click()
  await title(her, '您想告诉明灯照明什么')
  await her.context().close()
})

test('a voucher for walking in: no record anywhere, redeemed once, counted', async () => {
  const her = await telephone(t, browser)
  await her.goto(t.url + await recommends(t, await knows(t.tile.rep, '何秀英'), 'curtain', ['curtain']))
  await button(her, '看一看').click()
  await button(her, '我自己去店里，领到店券').click()
  await title(her, '到店券')
  await fair(her, { shot: 'hers-voucher-zh-390' })
  const code = (await her.locator('.ticket').textContent()).trim()
  const p = await t.curtain.rep.open(browser, '/share/voucher', { phone: true })
  await shot(p, 'voucher-390')
  await clean(p)
  await p.getByLabel('券上的号').fill(code.toLowerCase())
  await p.keyboard.press('Enter')
  await p.getByText('核销了：石语瓷砖 推荐，想看窗帘。').waitFor()
  await shot(p, 'voucher-redeemed-390')
  await p.getByLabel('券上的号').fill(code)
  await p.keyboard.press('Enter')
  await p.getByRole('alert').getByText('这张到店券不对、用过了，或者过期了').waitFor()
  await p.context().close()
  await her.context().close()
})

test('the counter: she scans, picks a shop, and the shop of the counter keeps nothing of her', async () => {
  const o = await t.tile.owner.open(browser, '/share/voucher')
  await o.getByRole('button', { name: '做一张' }).click()
  await o.getByRole('img', { name: '柜台二维码' }).waitFor()
  await shot(o, 'counter-1440')
  await clean(o)
  const { url } = await t.tile.owner.api('POST', 'counter')
  await o.context().close()
  const before = await t.tile.rep.api('GET', 'referrals'), her = await telephone(t, browser), phone = nextNumber()
  await her.goto(url)
  await fair(her, { shot: 'hers-counter-door-zh-390' })
  await button(her, '看一看').click()
  await title(her, '想请哪家店联系您？')
  await fair(her, { shot: 'hers-counter-zh-390' })
  await her.locator('section.card', { hasText: '晴窗窗帘' }).first().getByRole('button', { name: '请这家店联系我' }).click()
  await title(her, '您想告诉晴窗窗帘什么')
  await fair(her, { shot: 'hers-counter-form-zh-390' })
  await her.getByLabel('怎么称呼您').fill('柜台客')
  await her.getByLabel('手机号').fill(phone)
  await her.getByText('打电话', { exact: true }).click()
  await button(her, '交给他们').click()
  await title(her, '已办好，这是您的回执')
  assert.deepEqual(await t.tile.rep.api('GET', 'referrals'), before)
  assert.equal((await t.tile.owner.api('POST', 'customers/search', { search: phone })).rows?.length ?? 0, 0)
  assert.ok((await t.curtain.rep.api('GET', 'inbox')).arrivals.some(a => a.counter))
  await her.context().close()
})

test('what a shop holds is masked until the code, then shown, and stopping it reaches every shop of the path', async () => {
  const her = await telephone(t, browser), phone = nextNumber(), own = await knows(t.tile.rep, '吴晓峰', { phone })
  await her.goto(t.url + await recommends(t, own, 'curtain', ['curtain']))
  let clicks = 0
  const tap = async l => { clicks++; await l.click() }
  await tap(button(her, '看一看'))
  await tap(button(her, '请这家店联系我'))
  await her.getByLabel('怎么称呼您').fill('吴先生')
  await her.getByLabel('手机号').fill(phone)
  await tap(her.getByText('打电话', { exact: true }))
  await tap(button(her, '交给他们'))
  const giving = clicks
  await title(her, '已办好，这是您的回执')
  await her.getByRole('link', { name: '我的资料在谁那里' }).click()
  await title(her, '我的资料在谁那里')
  const seen = await her.content()
  assert.ok(!stands(seen, phone) && !stands(seen, phone.slice(-4)), 'the page of holders shows her number')
  await her.getByRole('link', { name: '看细节' }).first().click()
  await title(her, '输入验证码')
  await button(her, '发验证码给我').click()
  await button(her, words('zh-CN')('hers.code.again')).waitFor() // the page before has the same field
  await her.getByLabel('6 位验证码').fill(await sms.code(`+86${phone}`))
  await button(her, '确认').click()
  await title(her, '我的资料在谁那里')
  await fair(her, { shot: 'hers-mine-proved-zh-390' })
  await her.getByRole('link', { name: '看细节' }).first().click()
  await title(her, '晴窗窗帘')
  assert.ok(!stands(await her.content(), phone))
  await fair(her, { shot: 'hers-holder-zh-390' })
  await button(her, '显示内容').click()
  await her.getByText(phone).or(her.getByText(phone.replace(/(...)(....)(....)/, '$1 $2 $3'))).first().waitFor()
  await fair(her, { shot: 'hers-holder-clear-zh-390' })
  clicks = 0
  await tap(her.getByRole('link', { name: '叫停' }))
  await tap(her.getByText('这条路上的店都停，并删除'))
  await tap(button(her, '叫停'))
  await title(her, '已停')
  assert.ok(clicks <= giving, `${clicks} clicks to stop, ${giving} to give`)
  await fair(her, { shot: 'hers-withdrawn-all-zh-390' })
  assert.ok(!stands(JSON.stringify(await t.curtain.rep.api('GET', 'inbox')), phone))
  // and at the shop that recommended her, by a letter: proved by the code, it is deleted there at once
  const there = () => t.tile.rep.get(`/api/v1/customers/${own.id}`)
  for (let i = 0; i < 1500 && (await there()).status !== 404; i++) await new Promise(r => setTimeout(r, 200))
  assert.equal((await there()).status, 404)
  await her.context().close()
})

test('a second tap on the button loses nothing', async () => {
  const her = await telephone(t, browser)
  const link = await recommends(t, await knows(t.tile.rep, '周琴'), 'curtain', ['curtain'])
  await her.goto(t.url + link)
  await button(her, '看一看').click()
  await button(her, '请这家店联系我').click()
  await her.getByLabel('怎么称呼您').fill('周女士')
  await her.getByLabel('手机号').fill(nextNumber())
  await her.getByText('打电话', { exact: true }).click()
  await button(her, '交给他们').dblclick()
  await title(her, '已办好，这是您的回执')
  await her.context().close()
})
