package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// A wire is one connection. It reads of an answer what it needs to know where
// the answer ends, its status and its length, and nothing else: what the
// generator spends, the server beside it lacks.
type wire struct {
	net.Conn
	in   *bufio.Reader
	addr string
	out  []byte
	body []byte
}

func dial(ctx context.Context, addr string) (*wire, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{Conn: c, in: bufio.NewReaderSize(c, 64<<10), addr: addr}, nil
}

// do sends a request and reads the whole answer. body is valid until the next.
func (w *wire) do(header string, q Request) (status int, body []byte, err error) {
	w.out = append(append(append(w.out[:0], q.Method...), ' '), q.Path...)
	w.out = append(append(append(w.out, " HTTP/1.1\r\nHost: "...), w.addr...), "\r\n"...)
	w.out = append(w.out, header...)
	if q.Body != nil {
		w.out = append(w.out, "Content-Type: application/json\r\nContent-Length: "...)
		w.out = append(strconv.AppendInt(w.out, int64(len(q.Body)), 10), "\r\n"...)
	}
	w.out = append(append(w.out, "\r\n"...), q.Body...)
	if _, err := w.Write(w.out); err != nil {
		return 0, nil, err
	}
	return w.answer()
}

// Of an answer's length where none is said.
const (
	unsaid = -1
	pieces = -2
)

// answer reads one answer, whose length is said or which comes in pieces.
func (w *wire) answer() (status int, body []byte, err error) {
	line, err := w.line()
	if err != nil {
		return 0, nil, err
	}
	text, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(text) < 3 {
		return 0, nil, fmt.Errorf("no answer of HTTP/1.1: %q", line)
	}
	if status, err = strconv.Atoi(string(text[:3])); err != nil {
		return 0, nil, err
	}
	length, err := w.length()
	if err != nil {
		return status, nil, err
	}
	w.body = w.body[:0]
	switch {
	case length == pieces:
		err = w.pieces()
	case length >= 0:
		err = w.take(length)
	case status != 204 && status != 304:
		err = errors.New("an answer that does not say where it ends")
	}
	return status, w.body, err
}

// length reads the header up to its end.
func (w *wire) length() (n int, err error) {
	n = unsaid
	for {
		line, err := w.line()
		if err != nil || len(line) == 0 {
			return n, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case len(name) == len("Content-Length") && bytes.EqualFold(name, []byte("Content-Length")):
			if n, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || n < 0 {
				return 0, fmt.Errorf("length %q", value)
			}
		case len(name) == len("Transfer-Encoding") && bytes.EqualFold(name, []byte("Transfer-Encoding")):
			n = pieces
		}
	}
}

// pieces reads a body that comes in pieces, each behind its length.
func (w *wire) pieces() error {
	for {
		line, err := w.line()
		if err != nil {
			return err
		}
		n, err := strconv.ParseUint(string(line), 16, 31)
		if err != nil {
			return err
		}
		if err := w.take(int(n)); err != nil {
			return err
		}
		if line, err = w.line(); err != nil {
			return err
		}
		if len(line) != 0 {
			return fmt.Errorf("a piece of %d does not end there", n)
		}
		if n == 0 {
			return nil
		}
	}
}

// take reads n bytes more of the body.
func (w *wire) take(n int) error {
	at := len(w.body)
	if need := at + n; cap(w.body) < need {
		w.body = append(make([]byte, 0, 2*need), w.body...)
	}
	w.body = w.body[:at+n]
	_, err := io.ReadFull(w.in, w.body[at:])
	return err
}

// line reads a line without its end.
func (w *wire) line() ([]byte, error) {
	b, err := w.in.ReadSlice('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return bytes.TrimRight(b, "\r\n"), err
}
