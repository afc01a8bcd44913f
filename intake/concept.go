package intake

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// A concept is what the header of a column means, before it is decided where
// its values go.
type concept uint8

const (
	unknown concept = iota
	cName
	cHolder // name as 业主, 房主: a person, by her home
	cPhone
	cPhones // a second number
	cWeChat
	cEmail
	cGender
	cSalut
	cRegion
	cAddress
	cEstate
	cBuilding
	cUnit
	cRoom
	cArea
	cHandover
	cHome // house type, renovation stage, budget: for the remark
	cBirthday
	cNeed
	cStage
	cWay
	cCameOn
	cStaff
	cTags
	cRemark
	cLog // what was said: for the remark, with its header
	cNextAt
	cOrderNo
	cOrderOn
	cAmount
	cOrderStatus
	cCompany
	cUSCC
	cNumber    // running number, the shop's own id
	cComputed  // sums that Kexin keeps itself
	cUnused    // points, balances
	cOther     // another person's data
	cSensitive // never read
	cCode      // the two columns that WriteRefused adds
	cWhy
)

// headerLists are whole headers, as plain makes them, by concept.
var headerLists = map[concept]string{
	cName:        "客户姓名 姓名 客户 客户名称 客户名 名字 客户称呼 联系人 联系人姓名 收货人 收货人姓名 收件人 顾客 顾客姓名 顾客名称 会员姓名 会员名称 会员名 买家 买家姓名 用户姓名 客人 客人姓名 名称 name customer customername fullname client clientname contact contactname buyer buyername",
	cHolder:      "业主 业主姓名 业主名称 业主名 房主 房主姓名 户主 户主姓名 住户 住户姓名 产权人 homeowner ownername resident householder",
	cPhone:       "手机 手机号 手机号码 电话 电话号码 联系电话 联系方式 联系手机 联系号码 移动电话 客户电话 客户手机 客户手机号 顾客电话 会员手机 会员手机号 会员电话 收货电话 收货人电话 收货人手机 收件人电话 收件人手机 业主电话 业主手机 住户电话 房主电话 本人电话 号码 电话1 手机1 手机号1 tel telephone phone phoneno phonenumber mobile mobileno mobilephone cell cellphone contactnumber contactphone",
	cPhones:      "备用电话 备用手机 备用手机号 备用号码 其他电话 其它电话 电话2 手机2 手机号2 第二电话 第二联系电话 固定电话 座机 家庭电话 phone2 mobile2 otherphone homephone workphone",
	cWeChat:      "微信 微信号 微信id 客户微信 微信账号 weixin wechat wechatid wechatno",
	cEmail:       "邮箱 电子邮箱 邮件 电子邮件 邮箱地址 email emailaddress mail",
	cGender:      "性别 客户性别 gender sex",
	cSalut:       "称呼 称谓 尊称 salutation title",
	cRegion:      "省 省份 市 城市 区 区县 县区 县市区 地区 所在地 所在地区 省市区 省市 所在城市 province city district county region",
	cAddress:     "地址 详细地址 家庭地址 家庭住址 住址 居住地址 客户地址 收货地址 收件地址 安装地址 送货地址 联系地址 装修地址 工地地址 房屋地址 房屋坐落 楼栋房号 栋单元室 address addr fulladdress shippingaddress homeaddress street",
	cEstate:      "小区 楼盘 小区名称 小区名 楼盘名称 楼盘名 所在小区 所属小区 楼盘小区 小区楼盘 社区 estate community compound residentialcompound",
	cBuilding:    "栋 幢 座 楼 楼栋 楼幢 栋号 幢号 楼号 座号 号楼 楼栋号 栋数 楼座 building buildingno block tower",
	cUnit:        "单元 单元号 unit unitno",
	cRoom:        "室 房 户 房号 室号 户号 房间 房间号 房屋编号 门牌 门牌号 门号 room roomno apartment flat",
	cArea:        "面积 建筑面积 房屋面积 套内面积 产权面积 平米 平方 平方数 平米数 area size sqm floorarea",
	cHandover:    "交房 交房日期 交房时间 交付 交付日期 交付时间 收房 收房日期 收房时间 入住日期 入住时间 handover handoverdate",
	cHome:        "户型 房型 装修阶段 装修进度 装修状态 装修情况 装修风格 风格 装修方式 工程进度 预算 装修预算 客户预算 housetype renovation renovationstage decoration style budget",
	cBirthday:    "生日 出生日期 出生年月 客户生日 会员生日 birthday birthdate dateofbirth dob",
	cNeed:        "需求 客户需求 购买需求 需求产品 需求品类 意向 意向产品 意向品类 产品 产品名称 品类 商品 商品名称 购买产品 购买品类 need needs product item interest products items",
	cStage:       "客户阶段 跟进阶段 销售阶段 阶段 客户状态 跟进状态 跟进进度 状态 stage status",
	cWay:         "登记方式 来源 客户来源 顾客来源 来源渠道 渠道 渠道来源 获客渠道 获客方式 登记渠道 来源方式 信息来源 客源 进店方式 来访方式 source channel way leadsource origin",
	cCameOn:      "登记日期 登记时间 到店日期 到店时间 进店日期 进店时间 来访日期 来访时间 来店日期 来店时间 咨询日期 咨询时间 接待日期 接待时间 录入日期 录入时间 创建日期 创建时间 建档日期 建档时间 注册日期 注册时间 添加日期 添加时间 来源日期 首次到店 首次到店日期 日期 时间 date datetime visitdate visitedon createdat createdon created dateadded registeredon registrationdate",
	cStaff:       "销售 导购 业务员 业务 店员 负责人 接待 接待人 跟进人 跟进人员 销售员 销售人员 销售顾问 导购员 顾问 置业顾问 家居顾问 客户经理 经办人 登记人 录入人 所属销售 归属人 归属销售 归属 staff sales salesperson salesrep salesman seller rep owner assignedto agent clerk",
	cTags:        "标签 客户标签 等级 客户等级 级别 客户级别 会员等级 tag tags level label labels",
	cRemark:      "备注 备注信息 备注说明 客户备注 说明 其他 其它 remark remarks note notes comment comments memo",
	cLog:         "跟进记录 跟进内容 跟进备注 跟进情况 沟通记录 沟通内容 沟通情况 回访记录 回访情况 情况 描述 客户情况 followups history",
	cNextAt:      "下次跟进 下次跟进时间 下次跟进日期 下次联系 下次联系时间 下次联系日期 下次回访 下次回访时间 nextcontact nextfollowup nextcall",
	cOrderNo:     "订单号 订单编号 订单 单号 单据号 单据编号 单据号码 销售单号 销售单 合同号 合同编号 小票号 流水号 交易号 orderno ordernumber orderid ordernum order invoice invoiceno contractno",
	cOrderOn:     "下单日期 下单时间 订单日期 订单时间 成交日期 成交时间 签单日期 签单时间 签约日期 签约时间 合同日期 购买日期 购买时间 销售日期 销售时间 开单日期 开单时间 付款日期 付款时间 支付时间 交易日期 交易时间 orderdate orderedon orderedat purchasedate purchasedon saledate paidon",
	cAmount:      "成交金额 成交额 成交价 金额 订单金额 合同金额 合同额 合同总价 总金额 总价 销售额 销售金额 实付金额 实付 实收 实收金额 付款金额 支付金额 消费金额 应付金额 应收金额 交易金额 价格 amount total totalamount price sum ordertotal orderamount saleamount paid",
	cOrderStatus: "订单状态 合同状态 orderstatus",
	cCompany:     "公司 公司名称 单位 单位名称 企业名称 企业 客户公司 company companyname organization organisation",
	cUSCC:        "统一社会信用代码 社会信用代码 信用代码 税号 纳税人识别号 uscc taxid taxno",
	cNumber:      "序号 编号 行号 客户编号 客户id 会员号 会员编号 会员卡号 会员id 用户id id no number index rowno customerid customerno memberid memberno",
	cComputed:    "累计金额 累计消费 累计消费金额 累计成交 消费次数 购买次数 成交次数 订单数 订单数量 首次成交 首次成交日期 首次消费 最近消费 最近消费时间 最后消费时间 最近成交 最后跟进 最后跟进时间 最近跟进 最近跟进时间 最后联系 最后联系时间 totalspent ordercount lastcontact lastorder firstorder",
	cUnused:      "积分 会员积分 余额 储值余额 卡内余额 优惠券 points balance coupons",
	cCode:        "代码",
	cWhy:         "原因",
}

var headerWords = collect(headerLists)

// headerParts recognise a longer header by what it contains; the first match
// wins, so the dangerous ones stand first. All parts of one entry must be
// there.
var headerParts = []struct {
	is    concept
	parts []string
}{
	{cOther, []string{"紧急联系"}}, {cOther, []string{"推荐人"}}, {cOther, []string{"介绍人"}}, {cOther, []string{"配偶"}}, {cOther, []string{"家属"}},
	{cOther, []string{"设计师", "电话"}}, {cOther, []string{"导购", "电话"}}, {cOther, []string{"导购", "手机"}}, {cOther, []string{"销售", "电话"}}, {cOther, []string{"销售", "手机"}},
	{cOther, []string{"员", "电话"}}, {cOther, []string{"员", "手机"}}, {cOther, []string{"门店", "电话"}}, {cOther, []string{"店铺", "电话"}}, {cOther, []string{"公司", "电话"}},
	{cHandover, []string{"交房"}}, {cHandover, []string{"收房"}}, {cHandover, []string{"交付"}},
	{cHolder, []string{"业主", "名"}}, {cHolder, []string{"房主", "名"}}, {cHolder, []string{"户主", "名"}},
	{cPhone, []string{"手机"}}, {cPhone, []string{"电话"}}, {cPhone, []string{"联系方式"}}, {cPhone, []string{"mobile"}}, {cPhone, []string{"phone"}},
	{cWeChat, []string{"微信"}}, {cWeChat, []string{"wechat"}}, {cEmail, []string{"邮箱"}}, {cEmail, []string{"email"}},
	{cNextAt, []string{"下次"}}, {cComputed, []string{"累计"}}, {cComputed, []string{"最近"}}, {cComputed, []string{"最后"}},
	{cOrderNo, []string{"订单号"}}, {cOrderNo, []string{"合同号"}}, {cOrderNo, []string{"单号"}},
	{cOrderOn, []string{"下单"}}, {cOrderOn, []string{"签单"}}, {cOrderOn, []string{"成交", "日期"}}, {cOrderOn, []string{"成交", "时间"}}, {cOrderOn, []string{"订单", "日期"}}, {cOrderOn, []string{"订单", "时间"}},
	{cBirthday, []string{"生日"}}, {cBirthday, []string{"出生"}},
	{cCameOn, []string{"登记", "日期"}}, {cCameOn, []string{"登记", "时间"}}, {cCameOn, []string{"到店", "日期"}}, {cCameOn, []string{"到店", "时间"}}, {cCameOn, []string{"来访"}}, {cCameOn, []string{"进店"}}, {cCameOn, []string{"首次", "日期"}}, {cCameOn, []string{"首次", "时间"}},
	{cAmount, []string{"金额"}}, {cAmount, []string{"总价"}}, {cAmount, []string{"amount"}},
	{cWay, []string{"来源"}}, {cWay, []string{"渠道"}}, {cWay, []string{"登记方式"}},
	{cEstate, []string{"小区"}}, {cEstate, []string{"楼盘"}},
	{cBuilding, []string{"楼栋"}}, {cBuilding, []string{"栋号"}}, {cUnit, []string{"单元"}}, {cRoom, []string{"房号"}}, {cRoom, []string{"室号"}}, {cRoom, []string{"门牌"}},
	{cAddress, []string{"地址"}}, {cAddress, []string{"住址"}}, {cAddress, []string{"address"}},
	{cArea, []string{"面积"}}, {cHome, []string{"户型"}}, {cHome, []string{"装修"}}, {cHome, []string{"预算"}},
	{cStaff, []string{"导购"}}, {cStaff, []string{"业务员"}}, {cStaff, []string{"跟进人"}}, {cStaff, []string{"顾问"}}, {cStaff, []string{"接待人"}},
	{cName, []string{"姓名"}}, {cName, []string{"客户名"}}, {cNeed, []string{"需求"}}, {cNeed, []string{"意向"}},
	{cTags, []string{"标签"}}, {cRemark, []string{"备注"}}, {cLog, []string{"记录"}},
}

// sensitiveParts are what must not be collected for selling furniture (law
// SEN: identity, money, children, body, belief); a header with one of them is
// never read.
var sensitiveParts = []string{
	"身份证", "证件", "护照", "户口", "银行", "信用卡号", "卡密", "支付宝", "开户", "密码", "门禁", "指纹", "人脸", "照片", "头像",
	"孩子", "小孩", "子女", "宝宝", "儿童", "儿子", "女儿", "学校", "幼儿园", "病", "健康", "医", "残疾", "怀孕", "宗教", "信仰", "民族", "政治", "党员", "婚姻", "婚否", "收入", "贷款", "征信", "行踪", "定位",
	"idcard", "idnumber", "identity", "passport", "bankcard", "bankaccount", "cardnumber", "creditcard", "password", "fingerprint", "photo", "child", "kids", "religion", "ethnic", "health", "medical", "income",
}

// collect turns lists of words around: word → concept.
func collect(lists map[concept]string) map[string]concept {
	out := map[string]concept{}
	for c, list := range lists {
		for _, word := range strings.Fields(list) {
			out[word] = c
		}
	}
	return out
}

// conceptOf says what a header means.
func conceptOf(header string) concept {
	word := plain(header)
	if word == "" {
		return unknown
	}
	for _, part := range sensitiveParts {
		if strings.Contains(word, part) {
			return cSensitive
		}
	}
	if c, ok := headerWords[word]; ok {
		return c
	}
	if len([]rune(word)) > 16 {
		return unknown
	}
	for _, p := range headerParts {
		if !slices.ContainsFunc(p.parts, func(s string) bool { return !strings.Contains(word, s) }) {
			return p.is
		}
	}
	return unknown
}

// plain makes headers comparable: half width, lower case, without spaces,
// punctuation and anything in brackets, such as (元) or (必填).
func plain(header string) string {
	if len(header) > 200 {
		return ""
	}
	var b strings.Builder
	depth := 0
	for _, r := range norm.NFKC.String(header) {
		switch {
		case strings.ContainsRune("([{【〔<《", r):
			depth++
		case strings.ContainsRune(")]}】〕>》", r):
			depth = max(depth-1, 0)
		case depth == 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
