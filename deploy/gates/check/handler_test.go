package gates

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	flagger "github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
	"github.com/fluxcd/flagger/pkg/loadtester"
	"go.uber.org/zap"
)

// Where an operator's tests serve what the operator serves, of the sessions met, missed and unknown, and the token for it.
func served(t *testing.T) (address, token string) {
	t.Helper()
	address, token = os.Getenv("BALLSESSION_OPERATOR"), os.Getenv("BALLSESSION_TOKEN")
	if address == "" {
		t.Skip("BALLSESSION_OPERATOR says of no operator where it is: this is part of deploy/gates/check/run")
	}
	return address, token
}

func TestARolloutGoesOnByWhatTheOperatorServes(t *testing.T) {
	address, token := served(t)
	for _, one := range []struct {
		session, token, query string
		expected              v1alpha1.AnalysisPhase
	}{
		{"met", token, "", v1alpha1.AnalysisPhaseSuccessful},
		{"missed", token, "", v1alpha1.AnalysisPhaseFailed},
		{"unknown", token, "", v1alpha1.AnalysisPhaseInconclusive},
		// Whatever was said of another run.
		{"met", token, "run=1.4.2", v1alpha1.AnalysisPhaseInconclusive},
		{"met", "junk", "", v1alpha1.AnalysisPhaseError},
		{"foreign", token, "", v1alpha1.AnalysisPhaseError},
	} {
		asked := metric(t, "verdict.yaml", map[string]string{
			"session": one.session, "query": one.query, "operator": address, "token": one.token,
		})
		if measured := measured(t, asked); measured.Phase != one.expected {
			t.Errorf("%+v: %s (%s)", one, measured.Phase, measured.Message)
		}
	}
}

// The load tester is Flagger's own, and runs the command of the example, with the operator's address and a token in their places.
func TestFlaggersLoadTesterIsLetThroughByTheGate(t *testing.T) {
	address, token := served(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	logger := zap.NewNop().Sugar()
	runner := loadtester.NewTaskRunner(logger, 20*time.Second)
	tester := httptest.NewServer(http.HandlerFunc(loadtester.HandleNewTask(logger, runner, loadtester.NewAuthorizer(nil))))
	defer tester.Close()
	for session, isLetThrough := range map[string]bool{"met": true, "missed": false, "unknown": false, "foreign": false} {
		metadata := *canaryWebhook(t).Metadata
		for old, new := range map[string]string{
			"/var/run/secrets/kubernetes.io/serviceaccount/token":      file,
			"http://ballsession-operator-http.ballsession-system:8081": address,
			"/release-gate/": "/" + session + "/",
			"?run=1.4.2":     "",
		} {
			if !strings.Contains(metadata["cmd"], old) {
				t.Fatalf("%q is not in %s", old, metadata["cmd"])
			}
			metadata["cmd"] = strings.Replace(metadata["cmd"], old, new, 1)
		}
		body, err := json.Marshal(flagger.CanaryWebhookPayload{Name: "app", Namespace: "shop", Metadata: metadata})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.Post(tester.URL, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if (answer.StatusCode < 300) != isLetThrough {
			t.Errorf("%s: the load tester answers %d", session, answer.StatusCode)
		}
	}
}

// As much of Prometheus as the examples ask: the least value of a series that the operator exports, of those of one session.
func prometheus(t *testing.T, address, token string) *httptest.Server {
	t.Helper()
	query := regexp.MustCompile(`^min\((\w+)\{namespace="([\w-]+)", ?session="([\w-]+)"\}\)$`)
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		asked := query.FindStringSubmatch(request.FormValue("query"))
		if asked == nil {
			http.Error(answer, request.FormValue("query"), http.StatusBadRequest)
			return
		}
		result := []any{}
		for _, line := range strings.Split(metrics(t, address, token), "\n") {
			series, value, _ := strings.Cut(line, " ")
			if series == asked[1]+`{namespace="`+asked[2]+`",session="`+asked[3]+`"}` {
				result = append(result, map[string]any{"metric": map[string]string{}, "value": []any{1.0, value}})
			}
		}
		answer.Header().Set("Content-Type", "application/json")
		json.NewEncoder(answer).Encode(map[string]any{
			"status": "success", "data": map[string]any{"resultType": "vector", "result": result},
		})
	}))
	t.Cleanup(server.Close)
	return server
}

// What the operator exports now.
func metrics(t *testing.T, address, token string) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, address+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the metrics are answered by %d (%v)", answer.StatusCode, err)
	}
	return text.String()
}
