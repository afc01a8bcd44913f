package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kexin/internal/db/dbtest"
)

// TestTLS: a certificate from a file is what browsers see; plain HTTP is
// refused on every address but this machine's own.
func TestTLS(t *testing.T) {
	p := newProgram(t, dbtest.SQLite)
	for _, addr := range []string{":0", "0.0.0.0:0"} {
		if out, status := p.try("", "serve", "--addr", addr); status != 1 || !strings.Contains(out, "--tls-cert") {
			t.Errorf("%s without TLS: %d %s", addr, status, out)
		}
	}
	if out, status := p.try("", "serve", "--addr", "127.0.0.1:0", "--metrics", "0.0.0.0:0"); status != 1 {
		t.Errorf("figures for everybody: %d %s", status, out)
	}
	cert, key, pool := selfSigned(t, p.dir)
	s := p.serve("--tls-cert", cert, "--tls-key", key)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}, Timeout: time.Minute}
	r, err := c.Get(s.url + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != 200 || r.TLS == nil || r.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%d %+v", r.StatusCode, r.TLS)
	}
	s.stop()
}

func selfSigned(t *testing.T, dir string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kexin test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key, pool = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	for file, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(c)
	return cert, key, pool
}
