package gates

import (
	"os"
	"path/filepath"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"
)

// As Argo CD keeps them beside its own checks.
type healthTests struct {
	Tests []struct {
		HealthStatus health `json:"healthStatus"`
		InputPath    string `json:"inputPath"`
	} `json:"tests"`
}

type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

const argoCD = "../argo-cd"

// The engine is the one of Argo CD, which gives a script the object and little else.
func judge(t *testing.T, script string, object map[string]any) health {
	t.Helper()
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
		lua.StringLibName: lua.OpenString, lua.MathLibName: lua.OpenMath,
	} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(script); err != nil {
		t.Fatal(err)
	}
	answer, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script answers %v", state.Get(-1))
	}
	return health{Status: answer.RawGetString("status").String(), Message: answer.RawGetString("message").String()}
}

func value(state *lua.LState, from any) lua.LValue {
	switch from := from.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, field := range from {
			table.RawSetString(key, value(state, field))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range from {
			table.Append(value(state, item))
		}
		return table
	case string:
		return lua.LString(from)
	case float64:
		return lua.LNumber(from)
	case bool:
		return lua.LBool(from)
	default:
		return lua.LNil
	}
}

func TestArgoCDShowsHowASessionStands(t *testing.T) {
	var wanted healthTests
	read(t, filepath.Join(argoCD, "health_test.yaml"), &wanted)
	script, err := os.ReadFile(filepath.Join(argoCD, "health.lua"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(argoCD, "testdata", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 || len(files) != len(wanted.Tests) {
		t.Fatalf("%d tests of %d files", len(wanted.Tests), len(files))
	}
	for _, test := range wanted.Tests {
		object := map[string]any{}
		read(t, filepath.Join(argoCD, test.InputPath), &object)
		if found := judge(t, string(script), object); found != test.HealthStatus {
			t.Errorf("%s: %+v, expected is %+v", test.InputPath, found, test.HealthStatus)
		}
	}
}

// Reads YAML that has no field which the type does not know.
func read(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
