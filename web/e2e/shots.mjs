// Takes the pictures of the README from the real program, filled with
// invented people: node web/e2e/shots.mjs [folder]. KEXIN_BIN names the
// program, as for the tests.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join as under } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateSync, inflateSync } from 'node:zlib'
import { launch, open } from './kit.mjs'
import { found, join, start } from './server.mjs'

const OUT = process.argv[2] ?? under(dirname(fileURLToPath(import.meta.url)), '../../docs/img')
const DAY = 86_400_000

/** Invented customers: name, wish, stage, district, way, days since they came. */
const PEOPLE = [
  ['沈月华', 'tile', 'quoted', '330302', 'store', 6], ['方建平', 'tile bath', 'measured', '330382', 'referral', 9], ['乐清鸿远装饰有限公司', 'tile', 'talking', '330382', 'phone', 12], ['戚晓岚', 'tile', 'new', '330304', 'online', 1],
  ['邵志诚', 'floor', 'talking', '330303', 'wechat', 3], ['倪桂香', 'tile', 'won', '330302', 'store', 41], ['汤文博', 'bath', 'quoted', '330381', 'form', 15], ['莫佳怡', 'tile curtain', 'measured', '330304', 'store', 8],
  ['苏国良', 'tile', 'won', '330382', 'phone', 55], ['殷秋霞', 'door', 'new', '330302', 'online', 2], ['程立新', 'tile floor', 'quoted', '330303', 'store', 18], ['葛素琴', 'tile', 'talking', '330381', 'wechat', 5],
  ['温州嘉禾酒店管理有限公司', 'tile bath', 'quoted', '330302', 'phone', 27], ['柳成荫', 'tile', 'measured', '330382', 'store', 11], ['韦海燕', 'cabinet', 'lost', '330304', 'form', 33], ['滕永康', 'tile', 'won', '330302', 'referral', 72],
  ['乔梦洁', 'tile', 'new', '330303', 'online', 1], ['尹德顺', 'tile ceiling', 'talking', '330382', 'store', 7], ['华雪梅', 'bath', 'measured', '330381', 'wechat', 10], ['鲍振宇', 'tile', 'quoted', '330302', 'store', 21],
  ['施兰芝', 'floor', 'won', '330304', 'phone', 63], ['向明哲', 'tile', 'talking', '330382', 'form', 4], ['盛玉珍', 'tile', 'new', '330303', 'store', 0], ['芦海峰', 'door', 'measured', '330302', 'wechat', 13],
]

/** What is due, by the customer's place in the list: hours from midnight, the kind of the last talk, what was said. */
const DUE = [
  [0, -10, 'store', '柔光砖 750×1500 两款，等先生一起定'], [6, 9.5, 'call', '报价发了，问能不能送样'], [1, 10.5, 'home', '量过卫生间，要防滑砖 24 平'], [10, 14, 'wechat', '地砖与地板一起算，周末来店'],
  [2, 15.5, 'call', '样板间 180 平，约采购看样'], [13, 33.5, 'home', '客厅找平后再量一次'], [7, 58, 'store', '看中灰色窗帘，砖未定'], [12, 82, 'call', '大堂改方案，下周给图'],
]

/** midnight is the beginning of today in Shanghai, where the shop stands. */
const midnight = Math.floor((Date.now() + 8 * 3_600_000) / DAY) * DAY - 8 * 3_600_000
const hour = h => Math.round(midnight + h * 3_600_000)
const dayAgo = n => new Date(midnight - n * DAY + 9 * 3_600_000).toISOString().slice(0, 10)

async function fill(rep) {
  const ids = []
  for (const [i, [name, need, stage, region, source, ago]] of [...PEOPLE.entries()].reverse()) {
    const company = name.endsWith('公司')
    const fields = { name, phone: `1990000${String(1387 + i * 317).padStart(4, '0')}`, type: company ? 'company' : 'person', need: need.split(' '), stage, region, source, source_on: dayAgo(ago) }
    ids[i] = (await rep.api('POST', 'customers', { fields, same: 'different' })).id
  }
  for (const [i, h, way, note] of DUE) await rep.api('POST', 'visits', { fields: { customer: ids[i], way, note, at: hour(-24 * (1 + (i % 5)) + 10 + (i % 7)), next_at: hour(h) } })
  for (const [i, way, note, at] of [[4, 'wechat', '发了三套效果图', -32], [11, 'call', '想先看地砖', -61], [17, 'store', '吊顶与砖一起做', -9], [19, 'call', '嫌贵，再比较', -103]]) await rep.api('POST', 'visits', { fields: { customer: ids[i], way, note, at: hour(at) } })
  for (const [n, [i, lines]] of [[5, [['柔光砖 750×1500', 86, 128_00], ['美缝剂', 9, 45_00]]], [8, [['防滑砖 300×600', 42, 58_00]]], [15, [['通体砖 800×800', 120, 96_00]]], [20, [['木纹地板', 64, 168_00]]]].entries()) {
    const { id } = await rep.api('POST', 'orders', { fields: { customer: ids[i], no: `SY26-${1041 + n}`, ordered_on: dayAgo(30 + n * 11), status: ['paid', 'delivered', 'done', 'open'][n] } })
    for (const [item, qty, price] of lines) await rep.api('POST', 'order-lines', { fields: { order: id, item, qty, price } })
  }
  for (const [i, stage, amount] of [[0, 'quote', 18_600_00], [1, 'measure', 9_200_00], [2, 'need', 46_000_00], [12, 'quote', 132_000_00]]) await rep.api('POST', 'deals', { fields: { customer: ids[i], need: PEOPLE[i][1].split(' '), stage, amount } })
  await rep.api('POST', 'tasks', { fields: { customer: ids[3], title: '寄样砖两片', due_at: hour(16.5) } })
}

/** Chunks of a PNG file. */
function chunks(png) {
  const out = []
  for (let at = 8; at < png.length;) {
    const n = png.readUInt32BE(at)
    out.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + n) })
    at += n + 12
  }
  return out
}

const CRC = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0 })
const crc = b => { let c = 0xffffffff; for (const x of b) c = CRC[(c ^ x) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0 }

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]), out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length); body.copy(out, 4); out.writeUInt32BE(crc(body), body.length + 4)
  return out
}

/** pixels undoes the filters of a PNG of 8-bit RGB or RGBA (PNG, 9.2). */
function pixels(png) {
  const all = chunks(png), head = all.find(c => c.type === 'IHDR').data
  const width = head.readUInt32BE(0), height = head.readUInt32BE(4), depth = head[9] === 6 ? 4 : 3, row = width * depth
  const raw = inflateSync(Buffer.concat(all.filter(c => c.type === 'IDAT').map(c => c.data)))
  const out = Buffer.alloc(row * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (row + 1)]
    for (let x = 0; x < row; x++) {
      const a = x >= depth ? out[y * row + x - depth] : 0, b = y ? out[(y - 1) * row + x] : 0, c = x >= depth && y ? out[(y - 1) * row + x - depth] : 0
      const pa = Math.abs(b - c), pb = Math.abs(a - c), pc = Math.abs(a + b - 2 * c)
      const guess = [0, a, b, (a + b) >> 1, pa <= pb && pa <= pc ? a : pb <= pc ? b : c][filter]
      out[y * row + x] = raw[y * (row + 1) + 1 + x] + guess
    }
  }
  return { width, height, depth, out }
}

/** smaller writes a picture of a page with 256 colours: text and flat areas need no more. */
function smaller(png) {
  const { width, height, depth, out } = pixels(png)
  const at = i => (out[i * depth] << 16) | (out[i * depth + 1] << 8) | out[i * depth + 2]
  const count = new Map()
  for (let i = 0; i < width * height; i++) count.set(at(i), (count.get(at(i)) ?? 0) + 1)
  const off = (c, d) => ((c >> 16) - (d >> 16)) ** 2 + (((c >> 8) & 255) - ((d >> 8) & 255)) ** 2 + ((c & 255) - (d & 255)) ** 2
  // half of the colours are the commonest; the others are those least like any taken so far, so that a rare red stays red
  const left = [...count].sort((a, b) => b[1] - a[1])
  const palette = left.splice(0, 128).map(c => c[0])
  const far = left.map(([c]) => Math.min(...palette.map(d => off(c, d))))
  while (palette.length < 256 && left.length > 0) {
    const score = far.map((f, i) => f * Math.log2(1 + left[i][1]))
    const best = score.indexOf(Math.max(...score)), taken = left[best][0]
    palette.push(taken)
    left.splice(best, 1); far.splice(best, 1)
    left.forEach(([c], i) => { far[i] = Math.min(far[i], off(c, taken)) })
  }
  const near = new Map(palette.map((c, i) => [c, i]))
  for (const c of count.keys()) if (!near.has(c)) near.set(c, palette.reduce((best, d, i) => (off(c, d) < off(c, palette[best]) ? i : best), 0))
  const lines = Buffer.alloc((width + 1) * height)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) lines[y * (width + 1) + 1 + x] = near.get(at(y * width + x))
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width); head.writeUInt32BE(height, 4); head[8] = 8; head[9] = 3
  const plte = Buffer.concat(palette.map(c => Buffer.from([c >> 16, (c >> 8) & 255, c & 255])))
  return Buffer.concat([png.subarray(0, 8), chunk('IHDR', head), chunk('PLTE', plte), chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))])
}

/** keep writes a picture and says how big it is. */
function keep(name, png) {
  const small = smaller(png)
  writeFileSync(under(OUT, `${name}.png`), small)
  console.log(`${name}.png ${Math.round(small.length / 1024)} kB`)
  if (small.length > 200 * 1024) process.exitCode = 1
}

/** demo is the hall of the demonstration with a customer's receipt on her phone. */
async function demo(browser) {
  const town = await start({ args: ['--demo'] })
  try {
    const page = await open(browser)
    await page.goto(`http://phone.localhost:${new URL(town.url).port}/`)
    await page.locator('#whose').selectOption(await page.locator('#whose option', { hasText: '陈美珍' }).getAttribute('value'))
    await page.locator('.message .link').last().click()
    const her = page.frameLocator('#pages iframe')
    await her.getByRole('button', { name: '看一看' }).click()
    await her.locator('.word').waitFor()
    keep('demo', await page.screenshot())
  } finally { await town.stop() }
}

const server = await start({ args: ['--zone', 'Asia/Shanghai'] })
const browser = await launch()
try {
  const owner = await found(server, { size: 'shop', name: '石语瓷砖', owner: '陈石语', login: 'chen' })
  await owner.api('POST', 'notice/publish').catch(() => {})
  const rep = await join(owner, { name: '林晓棠', login: 'lin', position: 'rep' })
  await rep.api('PUT', 'me/own', { phone: '19900001000' })
  await fill(rep)
  mkdirSync(OUT, { recursive: true })
  for (const [name, path, ready, look] of [['customers', '/customers', 'table.list tbody tr', {}], ['today-phone', '/', '.due-row', { phone: true }]]) {
    const page = await rep.open(browser, path, look)
    await page.locator(ready).first().waitFor()
    await page.waitForLoadState('networkidle')
    keep(name, await page.screenshot())
  }
  await demo(browser)
} finally {
  await browser.close()
  await server.stop()
}
