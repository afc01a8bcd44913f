package intake

import (
	"slices"
	"strings"

	"kexin"
)

// unlawfulWay marks a row that says itself that it was not the shop's own to
// collect (law IMP-02).
const unlawfulWay = "unlawful"

// wayWords give the code for what shops write under 登记方式 or 来源; the
// first match wins.
var wayWords = []struct {
	way   string
	words []string
}{
	{unlawfulWay, strings.Fields("名单 业主群 物业 开发商 楼盘方 售楼 买来 买的数据 购买数据 群里 群成员 群友 爬取 采集 捡到 交换 互换 资源共享 中介 数据公司 purchasedlist boughtlist scraped exchanged")},
	{"referral", strings.Fields("介绍 推荐 老带新 老客户 朋友 熟人 亲戚 referral referred friend")},
	{"form", strings.Fields("表单 扫码 报名 预约 小程序 问卷 登记表 留资 form signup survey")},
	{"online", strings.Fields("线上 网上 网络 网店 网站 官网 抖音 小红书 快手 美团 点评 淘宝 天猫 京东 拼多多 百度 直播 视频号 电商 online web tiktok ecommerce")},
	{"wechat", strings.Fields("微信 企微 朋友圈 公众号 wechat")},
	{"phone", strings.Fields("来电 电话 热线 去电 phone call")},
	{"order", strings.Fields("订单 下单 成交 购买 收银 买单 已购 开单 合同 order purchase sale pos")},
	{"store", strings.Fields("到店 进店 来店 门店 店内 店里 店面 上门 自然 路过 散客 展厅 store walkin visit showroom instore")},
}

// wayOf gives the code of kexin.Ways for what a shop wrote, unlawfulWay, or ""
// where it is none of the known.
func wayOf(raw string) string {
	word := plain(raw)
	if word == "" || len(word) > 120 {
		return ""
	}
	if slices.Contains(kexin.Ways, word) {
		return word
	}
	for _, w := range wayWords {
		for _, part := range w.words {
			if strings.Contains(word, part) {
				return w.way
			}
		}
	}
	return ""
}

// knownWay is for columns without a header: short cells only, a sentence that
// happens to say 微信 is none.
func knownWay(s string) bool { return len(s) <= 36 && wayOf(s) != "" }
