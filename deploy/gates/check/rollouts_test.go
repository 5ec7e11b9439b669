package gates

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	prometheusmetric "github.com/argoproj/argo-rollouts/metricproviders/prometheus"
	"github.com/argoproj/argo-rollouts/metricproviders/webmetric"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	"github.com/argoproj/argo-rollouts/utils/evaluate"
	template "github.com/argoproj/argo-rollouts/utils/template"
	log "github.com/sirupsen/logrus"
)

const argoRollouts = "../argo-rollouts"

// What the operator's tests wrote: answers, and what is to become of a rollout.
type verdict struct {
	What     string          `json:"what"`
	Expected string          `json:"expected"`
	Body     json.RawMessage `json:"body"`
}

func verdicts(t *testing.T) []verdict {
	t.Helper()
	path := os.Getenv("BALLSESSION_VERDICTS")
	if path == "" {
		t.Skip("BALLSESSION_VERDICTS names no file of the operator's answers: this is part of deploy/gates/check/run")
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var found []verdict
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var one verdict
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		found = append(found, one)
	}
	if len(found) == 0 {
		t.Fatalf("%s is empty", path)
	}
	return found
}

// A template's only metric, with its arguments in their places.
func metric(t *testing.T, file string, arguments map[string]string) v1alpha1.Metric {
	t.Helper()
	var analysis v1alpha1.AnalysisTemplate
	read(t, filepath.Join(argoRollouts, file), &analysis)
	for index := range analysis.Spec.Args {
		argument := &analysis.Spec.Args[index]
		if given, ok := arguments[argument.Name]; ok {
			argument.Value = &given
		}
	}
	text, err := json.Marshal(analysis.Spec.Metrics[0])
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := template.ResolveQuotedArgs(string(text), analysis.Spec.Args)
	if err != nil {
		t.Fatal(err)
	}
	var one v1alpha1.Metric
	if err := json.Unmarshal([]byte(resolved), &one); err != nil {
		t.Fatal(err)
	}
	if len(analysis.Spec.Metrics) != 1 {
		t.Fatalf("%s has %d metrics", file, len(analysis.Spec.Metrics))
	}
	return one
}

// What Argo Rollouts measures by asking over HTTP.
func measured(t *testing.T, metric v1alpha1.Metric) v1alpha1.Measurement {
	t.Helper()
	client, err := webmetric.NewWebMetricHttpClient(metric)
	if err != nil {
		t.Fatal(err)
	}
	parser, err := webmetric.NewWebMetricJsonParser(metric)
	if err != nil {
		t.Fatal(err)
	}
	return webmetric.NewWebMetricProvider(*log.NewEntry(log.New()), client, parser).Run(nil, metric)
}

// The provider is the one of Argo Rollouts, and what it reads is what the operator answers.
func TestARolloutGoesOnByTheVerdict(t *testing.T) {
	const path, query = "/v1/namespaces/media/ballsessions/release-gate/verdict", "run=1.4.2"
	for _, one := range verdicts(t) {
		operator := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
			asked := request.URL.Path == path && request.URL.RawQuery == query && request.Method == http.MethodGet
			if !asked || request.Header.Get("Authorization") != "Bearer a.b.c" {
				http.Error(answer, fmt.Sprint(request.URL, request.Header), http.StatusUnauthorized)
				return
			}
			answer.Header().Set("Content-Type", "application/json")
			answer.Write(one.Body)
		}))
		measured := measured(t, metric(t, "verdict.yaml", map[string]string{
			"session": "release-gate", "query": query, "operator": operator.URL, "token": "a.b.c",
		}))
		if string(measured.Phase) != one.Expected {
			t.Errorf("%s: %s (%s), expected is %s", one.What, measured.Phase, measured.Message, one.Expected)
		}
		operator.Close()
	}
}

// While the operator cannot answer, a rollout waits, and does not go back for that.
func TestARolloutWaitsWhileThereIsNoAnswer(t *testing.T) {
	for _, code := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		operator := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
			answer.WriteHeader(code)
		}))
		arguments := map[string]string{"session": "release-gate", "operator": operator.URL, "token": "a.b.c"}
		measured := measured(t, metric(t, "verdict.yaml", arguments))
		if measured.Phase != v1alpha1.AnalysisPhaseError {
			t.Errorf("%d: %s", code, measured.Phase)
		}
		operator.Close()
	}
}

func TestPrometheusMayKnowNothing(t *testing.T) {
	metric := metric(t, "prometheus.yaml", map[string]string{"session": "release-gate"})
	query := `min(ballsession_operator_session_objectives_met{namespace="media", session="release-gate"})`
	if metric.Provider.Prometheus.Query != query {
		t.Errorf("it asks for %s", metric.Provider.Prometheus.Query)
	}
	for _, one := range []struct {
		result   []float64
		expected v1alpha1.AnalysisPhase
	}{
		{[]float64{1}, v1alpha1.AnalysisPhaseSuccessful},
		{[]float64{0}, v1alpha1.AnalysisPhaseFailed},
		{[]float64{}, v1alpha1.AnalysisPhaseInconclusive},
	} {
		phase, err := evaluate.EvaluateResult(one.result, metric, *log.NewEntry(log.New()))
		if err != nil || phase != one.expected {
			t.Errorf("%v: %s (%v), expected is %s", one.result, phase, err, one.expected)
		}
	}
}

func TestARolloutGoesOnByWhatPrometheusScrapedOfTheOperator(t *testing.T) {
	address, token := served(t)
	server := prometheus(t, address, token)
	for session, expected := range map[string]v1alpha1.AnalysisPhase{
		"met":     v1alpha1.AnalysisPhaseSuccessful,
		"missed":  v1alpha1.AnalysisPhaseFailed,
		"unknown": v1alpha1.AnalysisPhaseInconclusive,
	} {
		metric := metric(t, "prometheus.yaml", map[string]string{"session": session, "prometheus": server.URL})
		api, err := prometheusmetric.NewPrometheusAPI(metric)
		if err != nil {
			t.Fatal(err)
		}
		provider, err := prometheusmetric.NewPrometheusProvider(api, *log.NewEntry(log.New()), metric)
		if err != nil {
			t.Fatal(err)
		}
		if measured := provider.Run(nil, metric); measured.Phase != expected {
			t.Errorf("%s: %s (%s), expected is %s", session, measured.Phase, measured.Message, expected)
		}
	}
}

func TestAJobBeginsTheRunAndWaitsForIt(t *testing.T) {
	metric := metric(t, "job.yaml", map[string]string{"session": "release-gate"})
	pod := metric.Provider.Job.Spec.Template.Spec
	wanted := [][]string{
		{"patch", "ballsession/release-gate", "--type=merge", "--patch", `{"spec": {"run": "$(RUN)"}}`},
		{"wait", "ballsession/release-gate", "--for=jsonpath={.status.run.name}=$(RUN)", "--timeout=2m"},
		{"wait", "ballsession/release-gate", "--for=condition=Complete", "--timeout=25m"},
		{"wait", "ballsession/release-gate", "--for=condition=ObjectivesMet", "--timeout=0"},
		{"wait", "ballsession/release-gate", "--for=jsonpath={.status.run.name}=$(RUN)", "--timeout=0"},
	}
	containers := append(pod.InitContainers, pod.Containers...)
	if len(containers) != len(wanted) {
		t.Fatalf("there are %d containers", len(containers))
	}
	for index, container := range containers {
		if fmt.Sprint(container.Args) != fmt.Sprint(wanted[index]) {
			t.Errorf("%s: %q", container.Name, container.Args)
		}
		if container.SecurityContext == nil || *container.SecurityContext.AllowPrivilegeEscalation {
			t.Errorf("%s is not restricted", container.Name)
		}
		// Another analysis of the same version has another Job, and is another run.
		isOfRun := strings.Contains(fmt.Sprint(container.Args), "$(RUN)")
		if isOfRun && (len(container.Env) != 1 || container.Env[0].Name != "RUN" ||
			container.Env[0].ValueFrom.FieldRef.FieldPath != "metadata.labels['batch.kubernetes.io/job-name']") {
			t.Errorf("%s: RUN is %v", container.Name, container.Env)
		}
	}
}
