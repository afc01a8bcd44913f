package demo

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/text/encoding/simplifiedchinese"

	"kexin/internal/sample"
)

// The files to try, in the directory of the demonstration.
const (
	OwnList      = "林老板的客户表.csv"
	OwnersList   = "朋友发来的业主名单.csv"
	EvidenceFile = "李建国的凭证.json"
	AlteredFile  = "李建国的凭证-改过一个字.json"
)

var filesToTry = []string{OwnList, OwnersList, EvidenceFile, AlteredFile}

// files writes the lists that the tour drops into the import.
func (t *town) files(dir string) error {
	t.say("demo.building_files")
	t.on(1, 18, 0)
	dir = filepath.Join(dir, "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	own, err := t.ownList()
	if err != nil {
		return err
	}
	owners, err := ownersList(sample.New(seedOf("owners"), t.day))
	if err != nil {
		return err
	}
	proof, err := t.evidence()
	if err != nil {
		return err
	}
	altered, err := alter(proof)
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{OwnList: own, OwnersList: owners, EvidenceFile: proof, AlteredFile: altered} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ownHeader are the columns of the shop's own list.
var ownHeader = []string{"客户姓名", "手机", "地址", "需求", "登记方式", "登记日期", "销售", "备注"}

// ownList is a list as an owner keeps it: sixty rows in GB18030, of which 44
// are new, 6 people that the shop knows, 4 to be judged, 3 that cannot be read
// and 3 that do not say how they came.
func (t *town) ownList() ([]byte, error) {
	known, fresh := t.source("shiyu"), sample.New(seedOf("lin-list"), t.day)
	rows := [][]string{ownHeader}
	staff := []string{"陈晓雯", "马骏"}
	row := func(p sample.Person, i int) []string {
		return []string{p.Name, p.Phone, "乐清市" + p.Address, "瓷砖", []string{"到店登记", "电话", "微信"}[i%3], string(t.ago(1 + i%9)), staff[i%2], ""}
	}
	for i := range 44 {
		rows = append(rows, row(fresh.Person(i), i))
	}
	for i := range 6 { // known here, came again
		p := known.Person(10 + i)
		rows = append(rows, row(sample.Person{Name: p.Name, Phone: p.Phone, Address: p.Address}, i))
	}
	for i := range 4 { // the phone of one, the name of another
		p := known.Person(40 + i)
		p.Name = []string{"欧阳春生", "司徒美兰", "上官志刚", "诸葛文英"}[i]
		rows = append(rows, row(p, i))
	}
	for i, bad := range []string{"1385770", "1.38577E+10", "11111111111"} {
		r := row(fresh.Person(100+i), i)
		r[1] = bad
		rows = append(rows, r)
	}
	for i := range 3 {
		r := row(fresh.Person(200+i), i)
		r[4], r[5], r[6] = "", "", ""
		rows = append(rows, r)
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return nil, err
	}
	return simplifiedchinese.GB18030.NewEncoder().Bytes(b.Bytes())
}

// ownersList is what must be refused: a compound, house by house.
func ownersList(s *sample.Source) ([]byte, error) {
	rows := [][]string{{"小区", "幢", "单元", "室号", "业主", "电话", "面积", "交房日期"}}
	for i := range 180 {
		p := s.Person(i)
		rows = append(rows, []string{"映荷苑", strconv.Itoa(1+i/36) + "幢", strconv.Itoa(1+i/18%2) + "单元", fmt.Sprintf("%d0%d", 1+i/2%9, 1+i%2), p.Name, p.Phone, strconv.Itoa(89 + i%3*20), "2026-06-30"})
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return b.Bytes(), err
}

// evidence is what the curtain shop can show about 李建国.
func (t *town) evidence() ([]byte, error) {
	return t.app.Evidence(t.ctx, t.owner("qingchuang"), t.lee)
}

// alter changes one character: how well it is proved that he said yes.
func alter(file []byte) ([]byte, error) {
	was := []byte(`"grade":"E2"`)
	if !bytes.Contains(file, was) {
		return nil, errors.New("the evidence file shows no grade")
	}
	return bytes.Replace(file, was, []byte(`"grade":"E4"`), 1), nil
}
