// People: from the setup link to a leaver's last day, in the browser.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bodies, clean, launch, open, shot } from './kit.mjs'
import { PASSWORD, Person, found, invite, join, shop, start, totp, wrongCode } from './server.mjs'

let browser
const stops = []
before(async () => { browser = await launch() })
after(async () => {
  await browser?.close()
  await Promise.all(stops.map(s => s()))
})

/** serve runs a server until the end of the file. */
async function serve(options) {
  const s = await start(options)
  stops.push(() => s.stop())
  return s
}

/** at makes a merchant at work. */
async function at(options) {
  const w = await shop(options)
  stops.push(w.stop)
  return w
}

/** out has a page that is signed out do something, and waits until it leads to the sign-in page: it may have asked by itself before. */
async function out(page, link) {
  const there = page.waitForURL('**/login**')
  link.click().catch(() => {}) // it is gone already
  await there
}

const row = (page, name) => page.getByRole('listitem').filter({ hasText: name })

/** stepUp shows the second factor where the page asks for it. */
async function stepUp(page, who) {
  const dialog = page.getByRole('dialog', { name: '再输一次动态码' })
  await dialog.getByLabel('动态码').fill(await who.code())
  await dialog.waitFor({ state: 'detached' })
}

test('a tired owner sets up the shop on the phone', async () => {
  const s = await serve()
  const p = await open(browser, { phone: true })
  p.base = s.url
  await p.goto(s.setup)
  await clean(p)
  await shot(p, 'setup-390', { fullPage: true })

  const go = p.getByRole('button', { name: '建店，进入下一步' })
  const fill = async values => { for (const [label, v] of Object.entries(values)) await p.getByLabel(label, { exact: true }).fill(v) }
  await fill({ 商户名称: '石语瓷砖店', 统一社会信用代码: '92330382MAKXDM012H', 店里电话: '0577-62500000', 您的姓名: '林国栋', 账号: 'lin', 密码: '1234567890', 密码再输一遍: '123456789' })
  await go.click()
  const faults = p.getByRole('alert')
  await faults.waitFor()
  for (const field of ['uscc', 'password', 'again']) assert.equal(await p.locator(`[name=${field}]`).getAttribute('aria-invalid'), 'true', field)
  assert.equal(await p.locator('[name=password]').inputValue(), '', 'a password is sent back')
  assert.equal(await p.getByLabel('商户名称').inputValue(), '石语瓷砖店')
  p.errors.length = 0 // the browser's own line about the 422
  await clean(p)
  await shot(p, 'setup-faults-390', { fullPage: true })
  await fill({ 统一社会信用代码: '9233 0382 MAKX DM01 2G', 密码: PASSWORD, 密码再输一遍: PASSWORD })
  await go.click()

  await p.waitForURL('**/welcome/recovery')
  await clean(p)
  await shot(p, 'recovery-390', { fullPage: true })
  const groups = await p.locator('.groups code').allInnerTexts()
  assert.equal(groups.length, 11)
  const asked = (await p.locator('.pairs label').allInnerTexts()).map(x => Number(/\d+/.exec(x)[0]))
  const type = async typed => { for (const [i, g] of typed.entries()) await p.locator(`[name=group${i + 1}]`).fill(g) }
  await type(['AAAAA', 'BBBBB'])
  await p.getByRole('button', { name: '抄好了，下一步' }).click()
  await p.getByText('和纸上的不一样').first().waitFor()
  await type(asked.map(n => groups[n - 1].toLowerCase()))
  await p.getByRole('button', { name: '抄好了，下一步' }).click()

  await p.waitForURL('**/welcome')
  await p.getByText('不录屏，不记键盘').waitFor()
  p.errors.length = 0
  await clean(p)
  await shot(p, 'told-390', { fullPage: true })
  await p.getByRole('button', { name: '我知道了，进店' }).click()
  await p.getByText('还有').first().waitFor()
  assert.equal(new URL(p.url()).pathname, '/')

  const cookie = (await p.context().cookies()).find(c => c.name === 'kx')
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Lax', '/'])

  // what is still to be done leads to where it is done, also to the server's own pages
  const todo = p.getByRole('region', { name: /还有/ }).or(p.locator('.todos'))
  assert.equal(await todo.getByText('抄下恢复码').count(), 0, 'the sheet was copied and is still due')
  await todo.getByText('设置动态码').click()
  await p.getByRole('button', { name: '开始设置' }).waitFor()

  const again = await new Person(s.url).get(new URL(s.setup).pathname)
  assert.ok(again.status === 404 && again.text.includes('链接'), 'the setup link works twice')
  await p.context().close()
})

test('the sheet that was put off is not ticked, and waits on the home page', async () => {
  const s = await serve()
  const p = await open(browser, { phone: true })
  p.base = s.url
  await p.goto(s.setup)
  for (const [label, v] of Object.entries({ 商户名称: '石语瓷砖店', 统一社会信用代码: '92330382MAKXDM012G', 店里电话: '0577-62500000', 您的姓名: '林国栋', 账号: 'lin', 密码: PASSWORD, 密码再输一遍: PASSWORD })) await p.getByLabel(label, { exact: true }).fill(v)
  await p.getByRole('button', { name: '建店，进入下一步' }).click()
  await p.getByRole('link', { name: '现在没有纸笔，稍后再抄' }).click()
  await p.waitForURL('**/welcome')
  assert.deepEqual(await p.locator('.steps .done').allInnerTexts(), ['建店'])
  await p.getByText('恢复码还没抄到纸上').waitFor()
  await clean(p)
  await shot(p, 'told-put-off-390', { fullPage: true })
  await p.getByRole('button', { name: '我知道了，进店' }).click()
  for (const _ of [1, 2]) {
    await p.getByText('抄下恢复码').waitFor()
    await p.reload()
  }
  await p.getByText('抄下恢复码').click()
  await p.getByRole('heading', { name: '把恢复码抄在纸上' }).waitFor()
  await p.context().close()
})

test('the second factor: set up once, asked once a device, a recovery code in its place', async () => {
  const s = await serve()
  const owner = await found(s, { factor: false })
  const p = await owner.open(browser, '/totp')
  await p.getByRole('button', { name: '开始设置' }).click()
  const secret = (await p.locator('.secret code').innerText()).replaceAll(' ', '')
  await clean(p)
  await shot(p, 'totp-1440')
  await p.getByLabel('动态码').fill(wrongCode(secret))
  await p.getByRole('button', { name: '确认' }).click()
  await p.locator('[name=code][aria-invalid=true]').waitFor()
  p.errors.length = 0
  await p.getByLabel('动态码').fill(totp(secret))
  await p.getByRole('button', { name: '确认' }).click()
  await p.locator('.codes code').nth(9).waitFor()
  const codes = await p.locator('.codes code').allInnerTexts()
  assert.equal(codes.length, 10)
  await clean(p)
  await shot(p, 'codes-1440')
  await p.getByText('抄好了').click()
  await p.waitForURL(s.url + '/')

  const signIn = async (cookies = { name: 'kx' }) => {
    await p.goto(`${s.url}/healthz`) // the page before may be asking still, and would lead to the sign-in page by itself
    await p.context().clearCookies(cookies)
    await p.goto(`${s.url}/login`)
    await p.getByLabel('账号').fill('lin')
    await p.getByLabel('密码').fill(PASSWORD)
    await p.getByRole('button', { name: '登录' }).click()
  }
  await signIn({})
  await p.getByText('谁打电话来要，都别说').waitFor()
  await clean(p)
  await shot(p, 'code-1440')
  await p.getByLabel('动态码').fill(codes[0])
  await p.getByLabel('这台设备 30 天内不再问').check()
  await p.getByRole('button', { name: '进入' }).click()
  await p.waitForURL(s.url + '/')
  await signIn()
  await p.waitForURL(s.url + '/') // this device was told to remember
  await signIn({})
  await p.getByLabel('动态码').fill(codes[0])
  await p.getByRole('button', { name: '进入' }).click()
  await p.locator('[name=code][aria-invalid=true]').waitFor() // used up
  await p.context().close()
})

test('a colleague joins by the link, on the phone, and the link is dead then', async () => {
  const w = await at({ staff: {} })
  const p = await w.owner.open(browser, '/shop/people')
  await p.getByRole('button', { name: '请同事加入' }).click()
  const dialog = p.getByRole('dialog', { name: '请同事加入' })
  await dialog.getByLabel('姓名').waitFor()
  assert.deepEqual(await dialog.getByRole('radio').evaluateAll(all => all.map(x => x.parentElement.textContent)), ['店员', '店主'])
  await dialog.getByLabel('姓名').fill('孙婷')
  await clean(p)
  await dialog.getByRole('button', { name: '生成邀请链接' }).click()
  const link = await dialog.locator('.secret').innerText()
  await dialog.getByRole('img', { name: '邀请二维码' }).waitFor()
  await clean(p)
  await shot(p, 'invited-1440')

  const q = await open(browser, { phone: true })
  q.base = w.url
  await q.goto(link)
  await q.getByText('不录屏，不记键盘').waitFor() // told in writing before she begins
  await clean(q)
  await q.getByLabel('账号').fill('sunting')
  await q.getByLabel('密码', { exact: true }).fill(PASSWORD)
  await q.getByLabel('密码再输一遍').fill(PASSWORD)
  await q.getByRole('button', { name: '我知道了，进店' }).click()
  await q.waitForURL(w.url + '/')
  await q.goto(`${w.url}/shop`)
  await q.getByText('孙婷、店员').waitFor()
  for (const hidden of ['员工', '商户设置', '密钥', '备份']) assert.equal(await q.getByRole('link', { name: hidden, exact: true }).count(), 0, hidden)
  await q.goto(`${w.url}/shop/people`)
  await q.getByRole('heading', { name: '员工' }).waitFor()
  assert.equal(await q.getByText('林国栋').count(), 0)

  const third = await new Person(w.url).get(new URL(link).pathname)
  assert.equal(third.status, 404)
  await p.reload()
  await row(p, '孙婷').getByText('店员').waitFor()
  await Promise.all([p.context().close(), q.context().close()])
})

test('a company: departments as a tree, all positions, what is strong asks for the second factor again', async () => {
  const w = await at({ size: 'company', staff: { rep: '孙婷' } })
  const p = await w.owner.open(browser, '/shop/people')
  const add = async (name, above) => {
    await p.getByRole('button', { name: '添加' }).click()
    const d = p.getByRole('dialog', { name: '新建部门' })
    await d.getByLabel('部门名称').fill(name)
    await d.getByLabel('上级部门').selectOption({ label: above ?? '没有上级' })
    await d.getByRole('button', { name: '保存' }).click()
    await d.waitFor({ state: 'detached' })
  }
  await add('总店')
  await add('一部', '总店')
  await add('一组', '一部')
  const indent = async name => Number.parseInt(await row(p, name).evaluate(e => e.style.paddingLeft), 10)
  assert.ok(await indent('总店') < await indent('一部') && await indent('一部') < await indent('一组'), 'no tree')
  assert.equal(await p.getByRole('button', { name: '删除部门 总店' }).count(), 0)

  await row(p, '孙婷').getByRole('button').click()
  const form = p.getByRole('dialog', { name: '孙婷' })
  await form.getByLabel('部门').waitFor()
  assert.deepEqual(await form.getByRole('radio').evaluateAll(all => all.map(x => x.parentElement.textContent)),
    ['主管', '销售', '客服', '运营', '数据专员', '分析', '资料保护负责人', '审计', '公司负责人'])
  await form.getByLabel('部门').selectOption({ label: '一部' })
  await clean(p)
  await shot(p, 'member-1440')
  await form.getByRole('button', { name: '保存' }).click()
  await form.waitFor({ state: 'detached' })
  await row(p, '孙婷').getByText('一部').waitFor()
  assert.equal((await w.rep.ask('GET', '/api/v1/me')).status, 401, 'another department and the session lives')

  const q = await w.owner.open(browser, '/shop/people', { phone: true, dark: true })
  await q.getByRole('button', { name: '请同事加入' }).click()
  const dialog = q.getByRole('dialog', { name: '请同事加入' })
  await dialog.getByLabel('姓名').fill('方正明')
  await dialog.getByText('审计', { exact: true }).click()
  await dialog.getByLabel('到哪天为止').waitFor()
  await dialog.getByText('资料保护负责人', { exact: true }).click()
  await dialog.getByLabel('到哪天为止').waitFor({ state: 'detached' })
  await clean(q)
  await shot(q, 'invite-company-390-dark')
  await dialog.getByRole('button', { name: '生成邀请链接' }).click()
  await dialog.locator('.secret').waitFor()
  await Promise.all([p.context().close(), q.context().close()])
})

test('what is strong asks for the second factor again, and does nothing without it', async () => {
  const w = await at()
  await w.owner.stale()
  const p = await w.owner.open(browser, '/shop/people', { phone: true })
  await p.getByRole('button', { name: '请同事加入' }).click()
  const form = p.getByRole('dialog', { name: '请同事加入' })
  await form.getByLabel('姓名').fill('王敏')
  await form.getByText('店主', { exact: true }).click()
  const make = form.getByRole('button', { name: '生成邀请链接' }), ask = p.getByRole('dialog', { name: '再输一次动态码' })
  await make.click()
  await ask.waitFor()
  assert.equal(await ask.locator(':focus').getAttribute('id'), 'step-code', 'what is asked for has the focus')
  p.errors.length = 0 // the browser's own line about the 401
  await clean(p)
  await shot(p, 'step-up-390')
  await ask.getByLabel('动态码').fill(wrongCode(w.owner.secret))
  await ask.getByRole('alert').waitFor()
  await p.keyboard.press('Escape')
  await ask.waitFor({ state: 'detached' })
  await form.getByRole('alert').waitFor()
  assert.deepEqual((await w.owner.api('GET', 'people')).invites, [], 'an owner was invited without the second factor')
  await make.click()
  await stepUp(p, w.owner)
  await form.locator('.secret').waitFor()
  await w.owner.take(p)
  assert.equal((await w.owner.api('GET', 'people')).invites.length, 1)
  await p.context().close()
})

test('a colleague forgot the password: the owner makes a link, she sets a new one, the code on her phone stays', async () => {
  const w = await at()
  await w.rep.enrol()
  await w.owner.stale()
  const p = await w.owner.open(browser, '/shop/people')
  await row(p, '孙婷').getByRole('button').click()
  const form = p.getByRole('dialog', { name: '孙婷' })
  await form.getByRole('button', { name: '忘了密码' }).click()
  await clean(p)
  await shot(p, 'forgot-1440')
  await form.getByRole('button', { name: '生成设新密码的链接' }).click()
  await stepUp(p, w.owner)
  const link = await form.locator('.secret').innerText()
  await form.getByRole('img', { name: '设新密码的二维码' }).waitFor()
  p.errors.length = 0
  await clean(p)
  await shot(p, 'forgot-link-1440')
  const en = await w.owner.take(p).then(o => o.open(browser, '/shop/people', { lang: 'en', phone: true, dark: true }))
  await row(en, '孙婷').getByRole('button').click()
  await en.getByRole('button', { name: 'Lost phone and recovery codes' }).waitFor()
  await clean(en)
  await shot(en, 'member-390-en-dark')
  await en.getByRole('button', { name: 'Lost phone and recovery codes' }).click()
  await en.getByRole('dialog').getByRole('checkbox').waitFor()
  await clean(en)
  await shot(en, 'lost-factor-390-en-dark')
  await en.context().close()
  assert.deepEqual([new URL(link).search, new URL(link).hash], ['', ''])
  assert.equal((await w.rep.ask('GET', '/api/v1/me')).status, 200, 'a link that nobody used put her out')

  const q = await open(browser, { phone: true, javaScriptEnabled: true })
  q.base = w.url
  await q.goto(link)
  await q.getByRole('heading', { name: '孙婷，设一个新密码' }).waitFor()
  await clean(q)
  await shot(q, 'recover-390', { fullPage: true })
  const other = '她自己新想出来的一句话'
  await q.getByLabel('密码', { exact: true }).fill(other)
  await q.getByLabel('密码再输一遍').fill(other)
  await q.getByRole('button', { name: '设好，登录' }).click()
  await q.getByLabel('动态码').fill(await w.rep.code())
  await q.getByRole('button', { name: '进入' }).click()
  await q.waitForURL(w.url + '/')
  assert.equal((await w.rep.ask('GET', '/api/v1/me')).status, 401, 'the session from before lives')
  assert.equal((await new Person(w.url).get(new URL(link).pathname)).status, 404, 'the link works twice')
  assert.equal((await new Person(w.url).form('/login', { login: 'rep', password: PASSWORD })).status, 401, 'the old password works')

  // phone and recovery codes lost: an act of its own, which says what it does and asks whether it is her
  await p.keyboard.press('Escape')
  await row(p, '孙婷').getByRole('button').click()
  await form.getByRole('button', { name: '动态码和恢复码都丢了' }).click()
  const go = form.getByRole('button', { name: '重设 孙婷 的动态码' })
  assert.ok(await go.isDisabled(), 'one tap takes a second factor away')
  await form.getByText('我确认过是本人').click()
  await clean(p)
  await shot(p, 'lost-factor-1440')
  await go.click()
  await row(p, '孙婷').getByText('动态码没开').waitFor()
  await q.goto(w.url + '/customers')
  await q.waitForURL('**/login**')
  const back = await new Person(w.url).form('/login', { login: 'rep', password: other })
  assert.deepEqual([back.status, back.location], [303, '/'])

  await p.goto(w.url + '/shop/alerts')
  await p.getByText('林国栋 给 孙婷 生成了设新密码的链接').waitFor()
  await p.getByText('林国栋 重设了 孙婷 的动态码').waitFor()
  await p.goto(w.url + '/shop/ledger')
  await p.getByText('帮同事找回登录：用链接设了新密码').first().waitFor()
  await Promise.all([p.context().close(), q.context().close()])
})

test('who joins to guard the data sets up the second factor first', async () => {
  const w = await at({ size: 'company', staff: {} })
  const { url } = await invite(w.owner, '何敏', 'pio')
  const p = await open(browser, { phone: true })
  p.base = w.url
  await p.goto(url)
  await p.getByLabel('账号').fill('hemin')
  await p.getByLabel('密码', { exact: true }).fill(PASSWORD)
  await p.getByLabel('密码再输一遍').fill(PASSWORD)
  await p.getByRole('button', { name: '我知道了，进店' }).click()
  await p.waitForURL('**/totp')
  await p.goto(`${w.url}/customers`)
  await p.waitForURL('**/totp**')
  p.errors.length = 0 // the browser's own lines about the 401s
  await p.getByRole('button', { name: '开始设置' }).click()
  const secret = (await p.locator('.secret code').innerText()).replaceAll(' ', '')
  await clean(p)
  await shot(p, 'join-totp-390', { fullPage: true })
  await p.getByLabel('动态码').fill(totp(secret))
  await p.getByRole('button', { name: '确认' }).click()
  await p.getByText('抄好了').click()
  await p.getByRole('link', { name: '客户' }).first().waitFor()
  await p.context().close()
})

test('a device that nobody knows is signed out, at once', async () => {
  const w = await at()
  const lost = await w.rep.open(browser, '/', { phone: true })
  await lost.getByRole('link', { name: '我的店' }).waitFor()
  await w.rep.signIn() // her other browser
  const p = await w.rep.open(browser, '/shop/devices')
  const other = p.getByRole('listitem').filter({ has: p.getByRole('button', { name: '让它退出' }) })
  await other.first().waitFor()
  assert.equal(await other.count(), 1)
  await clean(p)
  await shot(p, 'devices-1440')
  await other.getByRole('button', { name: '让它退出' }).click()
  await other.waitFor({ state: 'detached' })
  await out(lost, lost.getByRole('link', { name: '客户' }).first())
  assert.ok(!lost.url().includes('%E'), 'the address of the sign-in page says more than ids')
  await Promise.all([p.context().close(), lost.context().close()])
})

test('a token: bound to a purpose and to acts, dead when taken back', async () => {
  const w = await at()
  const p = await w.owner.open(browser, '/shop/tokens')
  await p.getByRole('button', { name: '生成一个' }).click()
  const dialog = p.getByRole('dialog', { name: '生成一个' })
  await dialog.getByLabel('给谁用').fill('收银机')
  for (const strong of ['管理', '密钥', '导出']) assert.equal(await dialog.getByText(strong, { exact: true }).count(), 0, strong)
  for (const word of await dialog.locator('.chips label').allInnerTexts()) assert.doesNotMatch(word, /^[a-z_]+$/, 'an act without a word')
  await dialog.getByText('看列表', { exact: true }).click()
  await clean(p)
  await shot(p, 'token-new-1440')
  const said = bodies(p)
  await dialog.getByRole('button', { name: '生成一个' }).click()
  const secret = await dialog.locator('.secret').innerText()
  assert.match(secret, /^kxt_[0-9A-Za-z]{40,}$/)
  await p.keyboard.press('Escape')
  await row(p, '收银机').waitFor()
  const till = (path, init = {}) => fetch(`${w.url}/api/v1/${path}`, { ...init, headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' } })
  assert.equal((await till('customers/search', { method: 'POST', body: '{}' })).status, 200)
  assert.equal((await till('people')).status, 403, 'a token reaches staff')
  assert.equal((await till('customers/search', { method: 'POST', body: '{}', headers: { 'Kexin-Purpose': 'evidence.keep' } })).status < 500, true)
  await row(p, '收银机').getByRole('button', { name: '作废' }).click()
  await row(p, '收银机').waitFor({ state: 'detached' })
  assert.equal((await till('customers/search', { method: 'POST', body: '{}' })).status, 401)
  assert.equal((await said()).filter(b => b.includes(secret)).length, 1, 'the secret was sent more than once')
  await p.context().close()
})

test('somebody leaves: one act ends every way in, hands the customers on and lists what was looked at', async () => {
  const w = await at()
  const taker = await join(w.owner, { name: '马骏', login: 'majun' })
  const made = []
  for (const [i, name] of ['王秀兰', '李建国', '赵大山'].entries()) made.push((await w.rep.api('POST', 'customers', { fields: { name, phone: `1381234567${i}` } })).id)
  await w.rep.api('POST', `customers/${made[0]}/reveal`, { field: 'phone', reason: 'aftersales' })
  await w.rep.enrol()
  const { secret } = await w.rep.api('POST', 'tokens', { name: '收银机', purpose: 'crm.followup', acts: ['list'], days: 7 })
  const her = await w.rep.open(browser, '/customers', { phone: true })
  await her.getByText('王秀兰').first().waitFor()

  const p = await w.owner.open(browser, '/shop/people', { phone: true })
  await row(p, '孙婷').getByRole('button').click()
  await p.getByRole('dialog', { name: '孙婷' }).getByRole('button', { name: '停用账号' }).click()
  const dialog = p.getByRole('dialog', { name: '孙婷' })
  await dialog.getByLabel('客户交给谁').selectOption({ label: '马骏' })
  await clean(p)
  await shot(p, 'leaver-390')
  await dialog.getByRole('button', { name: '停用 孙婷 的账号' }).click()
  await dialog.getByText('3 位客户交给了 马骏').waitFor()
  await dialog.getByText('看过完整手机 · 售后').waitFor()
  await clean(p)
  await shot(p, 'left-390')

  assert.equal((await w.rep.ask('GET', '/api/v1/me')).status, 401)
  assert.equal((await fetch(`${w.url}/api/v1/customers/search`, { method: 'POST', body: '{}', headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' } })).status, 401)
  await out(her, her.getByText('李建国').first())
  const names = JSON.stringify(await taker.api('POST', 'customers/search', { scene: 'mine' }))
  for (const name of ['王秀兰', '李建国', '赵大山']) assert.ok(names.includes(name), `${name} was not handed on`)
  const back = await w.rep.form('/login', { login: 'rep', password: PASSWORD })
  assert.equal(back.status, 401)

  await p.keyboard.press('Escape')
  await row(p, '孙婷').getByText('账号已停用').waitFor()
  await Promise.all([p.context().close(), her.context().close()])
})

test('own number and e-mail address: asked for, noted, never shown again', async () => {
  const w = await at({ staff: {} })
  const p = await w.owner.open(browser, '/shop/security', { phone: true })
  const note = p.getByRole('button', { name: '登记', exact: true })
  await p.getByLabel('邮箱').fill('lin@example')
  await note.click()
  await p.getByText('邮箱不对').waitFor()
  p.errors.length = 0 // the browser's own line about the 422
  await p.getByLabel('手机号').fill('139 1111 2222')
  await p.getByLabel('邮箱').fill('lin@example.cn')
  await note.click()
  await p.getByText('已登记').nth(1).waitFor()
  assert.equal(await p.getByText('lin@example.cn').count() + await p.getByText('2222').count(), 0, 'an own address is shown')
  await clean(p)
  await shot(p, 'own-390', { fullPage: true })
  await p.context().close()
})
