package sample

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"kexin/i18n"
	"kexin/kind/region"
)

// Header are the columns of WriteList, named as shops name them.
var Header = []string{"客户姓名", "性别", "手机", "备用电话", "微信", "邮箱", "地址", "生日", "需求", "客户阶段", "标签", "登记方式", "登记日期", "销售", "下次跟进", "订单号", "下单日期", "成交金额", "备注"}

// WriteList writes the first n persons as a shop's own list: CSV in UTF-8 with
// Chinese labels. Each of staff is in charge of an equal part.
func (s *Source) WriteList(w io.Writer, n int, staff []string) error {
	c := csv.NewWriter(w)
	if err := c.Write(Header); err != nil {
		return err
	}
	for i := range n {
		who := ""
		if len(staff) > 0 {
			who = staff[i%len(staff)]
		}
		if err := c.Write(s.Person(i).row(who)); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// row is the person in the order of Header.
func (p Person) row(staff string) []string {
	amount := ""
	if p.Amount > 0 {
		amount = strconv.FormatInt(p.Amount/100, 10)
	}
	return []string{p.Name, label("gender", p.Gender), p.Phone, p.Phones, p.WeChat, p.Email, region.Full(p.Region) + p.Address, p.Birthday,
		labels("need", p.Need), label("stage", p.Stage), labels("tag", p.Tags), label("way", p.Source), p.SourceOn, staff, p.NextOn,
		p.OrderNo, p.OrderOn, amount, p.Remark}
}

func label(list, code string) string {
	if code == "" {
		return ""
	}
	return i18n.T(i18n.Chinese, "choice."+list+"."+code, nil)
}

func labels(list string, codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = label(list, c)
	}
	return strings.Join(out, "、")
}
