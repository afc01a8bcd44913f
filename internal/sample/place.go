package sample

import (
	"math/rand/v2"
	"strconv"
)

// The blocks of mobile numbers that the Ministry of Industry and Information
// Technology 工业和信息化部 has given to China Mobile, Unicom, Telecom and
// Broadnet (电信网编号计划, as the carriers publish them). Blocks of resellers
// and of machines are left out. Each is drawn alike: the carriers hold blocks
// about in proportion to their customers.
var blocks = [...]string{
	"134", "135", "136", "137", "138", "139", "147", "150", "151", "152", "157", "158", "159", "172", "178", "182", "183", "184", "187", "188", "195", "197", "198",
	"130", "131", "132", "145", "155", "156", "166", "175", "176", "185", "186", "196",
	"133", "153", "173", "177", "180", "181", "189", "190", "191", "193", "199",
	"192",
}

// secondPhones is how far second numbers lie from first ones.
const secondPhones = 1 << 31

// phone is number i of all numbers there are, in a shuffled order without
// repeats: 2654435761 is a prime that divides no number of blocks.
func phone(seed, i uint64) string {
	const each = 100_000_000
	n := (i*2654435761 + seed%each) % (each * uint64(len(blocks)))
	return blocks[n/each] + pad(int(n%each), 8)
}

// Words of estates, streets and remarks, made up.
var (
	estateHeads = []string{"滨江", "阳光", "金色", "翡翠", "锦绣", "东方", "世纪", "江南", "香樟", "绿城", "万和", "水岸", "学府", "中央", "御景", "华庭", "春江", "南湖", "北苑", "凤凰", "银河", "橡树", "云上", "紫荆"}
	estateTails = []string{"花园", "家园", "小区", "名邸", "公馆", "新村", "雅苑", "华府", "国际", "一品", "豪庭", "嘉园"}
	remarks     = []string{"已量房，等报价", "周末再来看样", "预算十万左右", "要环保材料", "年前要入住", "老房翻新", "想看同小区的案例", "对比三家", "要带安装", "先做厨房", "颜色要浅", "婚房", "等交房", "设计师带来的", "送货要电梯"}
	needs       = []string{"tile", "cabinet", "curtain", "floor", "door", "bath", "lamp", "sofa", "appliance", "aircon", "wholehouse", "wardrobe", "paint", "ceiling", "soft"}
	stages      = []string{"new", "talking", "measured", "quoted", "won", "lost"}
	sources     = []string{"store", "phone", "online", "wechat", "form", "referral"}
	tags        = []string{"vip", "price", "revisit", "referrer"}
)

// address is an estate with building, unit and room.
func address(r *rand.Rand) string {
	return estateHeads[r.IntN(len(estateHeads))] + estateTails[r.IntN(len(estateTails))] +
		strconv.Itoa(1+r.IntN(30)) + "幢" + strconv.Itoa(1+r.IntN(4)) + "单元" + strconv.Itoa(1+r.IntN(33)) + pad(1+r.IntN(4), 2) + "室"
}
