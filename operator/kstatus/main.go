// What tools that wait read out of sessions, by the library that they use: each line of the input is an object as the operator's
// tests made it, and what they expect of it.
package main

import (
	"bufio"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// An object with a status and a hundred conditions takes less.
const maxLine = 1 << 20

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("usage: kstatus FILE, with an example on each line; got %d arguments", len(arguments))
	}
	file, err := os.Open(arguments[0])
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLine)
	compared, wrong := 0, 0
	for lines.Scan() {
		compared++
		// Whole numbers have to stay whole, as they do in what a client reads.
		example := map[string]interface{}{}
		if err := json.Unmarshal(lines.Bytes(), &example); err != nil {
			return fmt.Errorf("%s: line %d: %w", arguments[0], compared, err)
		}
		object, ok := example["object"].(map[string]interface{})
		if !ok {
			return fmt.Errorf("%s: line %d has no object", arguments[0], compared)
		}
		result, err := status.Compute(&unstructured.Unstructured{Object: object})
		if err != nil {
			return fmt.Errorf("%v: %w", example["what"], err)
		}
		if result.Status.String() != example["expected"] {
			wrong++
			fmt.Printf("%v: reads %s (%s), expected is %v\n", example["what"], result.Status, result.Message, example["expected"])
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if compared == 0 || wrong > 0 {
		return fmt.Errorf("%d of %d objects read as they should", compared-wrong, compared)
	}
	fmt.Printf("%d objects read as they should\n", compared)
	return nil
}
