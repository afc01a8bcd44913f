package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// keeperProgram is what a test runs in place of a key service.
func keeperProgram(mode string) {
	var ask execAsk
	if err := json.NewDecoder(os.Stdin).Decode(&ask); err != nil {
		os.Exit(3)
	}
	switch mode {
	case "good":
		answer(ask)
	case "exit":
		fmt.Fprintln(os.Stderr, "SECRET")
		os.Exit(1)
	case "text":
		fmt.Println("SECRET")
	case "two":
		fmt.Println(`{"ids":["a"]}{"ids":["b"]}`)
	case "unknown":
		fmt.Println(`{"ids":["a"],"SECRET":"b"}`)
	case "noid":
		fmt.Println(`{}`)
	case "badid":
		fmt.Println(`{"ids":["a",""]}`)
	case "long":
		for range 3000 {
			fmt.Println(`{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`)
		}
	case "empty":
		fmt.Println(`{"ids":["e"]}`)
	case "hang":
		time.Sleep(time.Minute)
	}
}

func answer(ask execAsk) {
	key := [KeySize]byte{42}
	copy(key[1:], ask.ID)
	k, ctx := NewMasterKeeper(key), context.Background()
	var a execAnswer
	var err error
	switch ask.Op {
	case "ids":
		a.IDs = []string{"test:2", "test:1"}
	case "wrap":
		a.Wrapped, err = k.Wrap(ctx, ask.AAD, ask.Key)
	case "unwrap":
		a.Key, err = k.Unwrap(ctx, ask.AAD, ask.Wrapped)
	}
	if err != nil {
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		os.Exit(4)
	}
}
