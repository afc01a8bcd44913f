package kind

import "strings"

// labels gives the codes that a word in a cell can mean, in small letters and
// NFKC, separated by blanks: the first that the field's list has is meant.
// 电话 is how a customer came (phone) and how he is called (call).
var labels = gather([]labelled{
	// person and company, salutation, gender
	{"person", "个人 私人 自然人 散客 individual"},
	{"company", "单位 公司 企业 商户 工程 enterprise business"},
	{"f", "女 女性 女士 小姐 太太 female woman w"},
	{"m", "男 男性 先生 male man"},
	{"ms", "女士 小姐 太太 夫人 大姐 姐 ms. mrs mrs. miss"},
	{"mr", "先生 大哥 哥 mr."},
	{"aunt", "阿姨 大妈 大婶 姨 auntie"},
	{"uncle", "叔叔 大叔 叔 伯伯 大爷 伯"},
	{"teacher", "老师"},
	{"boss", "老板 总 老总 经理 老板娘 owner"},

	// needs: goods and works of home shops
	{"tile", "瓷砖 地砖 墙砖 砖 磁砖 瓷片 岩板 tiles"},
	{"cabinet", "橱柜 厨柜 整体橱柜 厨房 kitchen cabinets"},
	{"curtain", "窗帘 布艺 窗帘布艺 遮阳帘 curtains"},
	{"floor", "地板 木地板 实木地板 复合地板 flooring"},
	{"door", "门窗 门 木门 窗 窗户 门窗系统 阳光房 断桥铝 doors windows"},
	{"bath", "卫浴 洁具 浴室柜 马桶 淋浴 淋浴房 浴室 bathroom"},
	{"lamp", "灯具 灯 灯饰 照明 lighting lamps"},
	{"sofa", "沙发 沙发家具 家具 床 餐桌 软床 furniture"},
	{"appliance", "家电 电器 厨电 家用电器 冰箱 洗衣机 appliances"},
	{"aircon", "空调 中央空调 新风 空调新风 ac"},
	{"wholehouse", "全屋定制 全屋 整家定制 全案 整装 定制"},
	{"wardrobe", "衣柜 衣帽间 定制衣柜 橱衣柜 closet"},
	{"paint", "涂料 油漆 乳胶漆 艺术漆 墙漆 硅藻泥"},
	{"ceiling", "吊顶 集成吊顶 天花 顶"},
	{"soft", "软装 饰品 墙布 壁纸 墙纸 窗帘软装"},
	{"design", "设计 设计服务 装修设计"},
	{"fitting", "装修 装修施工 施工 家装 装潢 翻新 renovation"},
	{"other", "其他 其它 别的 others 另外"},

	// ways a customer came, ways of a visit
	{"store call", "到店"},
	{"store", "到店登记 进店 门店 店里 上门到店 自然进店 自然到店 到店咨询 展厅 walk-in instore shop"},
	{"phone call", "电话 打电话 通话 tel"},
	{"phone callin", "来电 电话咨询 来电咨询 打电话来问 400 电话登记"},
	{"call", "去电 回访电话 拨打电话"},
	{"online", "线上咨询 线上 网上咨询 网店 网络 在线咨询 天猫 淘宝 京东 抖音 小红书 美团 大众点评 网上 电商 直播 web internet"},
	{"order", "订单 老订单 下单 已下单 成交 订单登记"},
	{"wechat", "微信 企业微信 朋友圈 公众号 微信咨询 小程序 weixin"},
	{"form", "填表登记 表单 扫码登记 登记表 扫码 问卷"},
	{"referral", "转介绍 老客户介绍 朋友介绍 介绍 熟人介绍 老带新 推荐 设计师推荐 referred"},
	{"public", "公开信息 公开资料"},
	{"home", "上门 上门拜访 入户 家访 上门量尺"},
	{"msgin", "来消息 来信息 客户留言"},
	{"sms", "短信 手机短信 text message"},
	{"email", "邮件 电子邮件 邮箱 e-mail mail"},

	// stages of a customer and of a deal, states of an order
	{"new", "新客户 新 新增 待跟进 未跟进 初次接触 潜在客户"},
	{"talking need", "沟通中 跟进中 跟进 洽谈 洽谈中 有意向 意向客户 意向 了解需求 需求确认"},
	{"measured measure", "已量尺 已量房 量房 量尺 已测量 测量"},
	{"quoted quote", "已报价 报价 报价中 等报价 方案报价"},
	{"sign won", "签约 已签约 签单 已签单 已签合同"},
	{"won order", "已成交 成单 已下定 已订购 下定"},
	{"won paid", "已付定金 已交定金"},
	{"lost cancelled", "没成交 未成交 流失 已流失 丢单 放弃 无意向 战败 已放弃"},
	{"open", "未付清 未付 未付款 待付款 待支付 进行中 处理中 unpaid pending"},
	{"paid", "已付清 已付 已付款 已支付 全款 已收款 付清"},
	{"delivered", "已送货 已发货 已送达 已配送 送货 发货 shipped"},
	{"done", "已完成 完成 已安装 完工 已完工 完结 finished completed complete"},
	{"cancelled", "已取消 取消 退单 退货 已退款 已退货 作废 canceled refunded"},

	// tags
	{"vip", "重点客户 大客户 重要客户 重点"},
	{"price", "看重价格 价格敏感 对价格敏感 砍价"},
	{"revisit", "要回访 回访 待回访 需回访"},
	{"referrer", "常介绍朋友 介绍人 转介绍达人"},

	// titles of contacts
	{"buyer", "采购 采购员 采购经理 purchaser"},
	{"finance", "财务 会计 出纳 accountant"},
	{"site", "工地负责人 工地 项目经理 现场 现场负责人"},
	{"designer", "设计师"},
	{"foreman", "工长 包工头 施工队长 队长"},
	{"family", "家人 家属 配偶 老公 老婆 爱人 父亲 母亲 儿子 女儿 亲戚 妻子 丈夫"},
})

// A labelled has one or more codes and the words that mean them.
type labelled struct{ codes, words string }

// gather makes one map of the list; a word that stands twice has the codes of
// both, in order.
func gather(list []labelled) map[string][]string {
	out := make(map[string][]string, 512)
	for _, l := range list {
		codes := strings.Fields(l.codes)
		for _, w := range strings.Fields(l.words) {
			out[w] = append(out[w], codes...)
		}
	}
	return out
}
