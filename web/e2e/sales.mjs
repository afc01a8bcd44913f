// A company at work for the browser tests of lists and records: an owner, a
// sales department with two groups, a protection officer, an analyst, and some
// two hundred invented customers.
import { daysAgo, found, join, start } from './server.mjs'

const SURNAMES = [...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高']
const GIVEN = ['伟', '芳', '秀英', '敏', '静怡', '丽', '志强', '磊', '桂兰', '洋', '勇', '艳', '杰', '娟', '建国', '明', '超', '晓霞', '平', '子涵']
const NEEDS = ['tile', 'cabinet', 'curtain', 'floor', 'door', 'bath', 'lamp']
const STAGES = ['new', 'talking', 'measured', 'quoted', 'won']
const SOURCES = ['store', 'phone', 'online', 'wechat', 'form']
const REGIONS = ['330382', '330302', '330303', '330304', '330381']

/** person is the i-th invented customer. The numbers lie in a range that no operator gives out. */
export const person = i => ({
  name: SURNAMES[i % 20] + GIVEN[Math.floor(i / 20 + i * 7) % 20], phone: `1990000${String(1000 + i * 7).padStart(4, '0')}`, type: 'person', need: [NEEDS[i % 7]], stage: STAGES[i % 5],
  source: SOURCES[i % 5], source_on: daysAgo(20 + i % 9 * 30), region: REGIONS[i % 5],
})

/** book takes n customers down, the first being person(from), and gives them with their ids. */
export async function book(who, n, from) {
  const all = Array.from({ length: n }, (_, k) => person(from + k))
  let next = 0
  const work = async () => {
    for (let k = next++; k < n; k = next++) all[k].id = (await who.api('POST', 'customers', { fields: all[k], same: 'different' })).id
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return all
}

export const HOUR = 3_600_000

/** visit notes a follow-up through the API. */
export const visit = (who, customer, fields) => who.api('POST', 'visits', { fields: { customer, way: 'call', at: Date.now() - HOUR, ...fields } })

/** company gives the people, signed in, and who has which customers. */
export async function company({ mine = 130, theirs = 30, own = 6, lang } = {}) {
  const server = await start()
  const owner = await found(server, { size: 'company', name: '石语瓷砖', owner: '林国栋', lang })
  const dept = async (name, parent) => (await owner.api('POST', 'depts', { name, ...(parent ? { parent } : {}) })).id
  const sales = await dept('销售部')
  const one = await dept('一组', sales), two = await dept('二组', sales)
  const staff = (login, name, position, at) => join(owner, { login, name, position, ...(at ? { dept: at } : {}) })
  const w = { server, url: server.url, owner, stop: () => server.stop() }
  w.leader = await staff('nipeiyu', '倪佩玉', 'leader', sales)
  w.rep = await staff('sunting', '孙婷', 'rep', one)
  w.rep2 = await staff('zhaoqiang', '赵强', 'rep', two)
  w.pio = await staff('zhoulv', '周律', 'pio')
  w.analyst = await staff('wushu', '吴数', 'analyst')
  w.mine = await book(w.rep, mine, 0)
  w.theirs = await book(w.rep2, theirs, 400)
  w.owners = await book(owner, own, 600)
  return w
}
