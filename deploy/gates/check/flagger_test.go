package gates

import (
	"strings"
	"testing"
	"text/template"

	flagger "github.com/fluxcd/flagger/pkg/apis/flagger/v1beta1"
)

// Flagger's own functions fill in the template, as its observers have it.
func TestFlaggerAsksPrometheusAboutTheSession(t *testing.T) {
	var metric flagger.MetricTemplate
	read(t, "../flagger/metric-template.yaml", &metric)
	model := flagger.MetricTemplateModel{Variables: map[string]string{"namespace": "media", "session": "demo"}}
	parsed, err := template.New("query").Option("missingkey=error").Funcs(model.TemplateFunctions()).Parse(metric.Spec.Query)
	if err != nil {
		t.Fatal(err)
	}
	var query strings.Builder
	if err := parsed.Execute(&query, nil); err != nil {
		t.Fatal(err)
	}
	wanted := `min( ballsession_operator_session_objectives_met{ namespace="media", session="demo" } )`
	if found := strings.Join(strings.Fields(query.String()), " "); found != wanted {
		t.Errorf("it asks for %s", found)
	}
}

// The example's only webhook.
func canaryWebhook(t *testing.T) flagger.CanaryWebhook {
	t.Helper()
	var canary struct {
		Analysis flagger.CanaryAnalysis `json:"analysis"`
	}
	read(t, "../flagger/canary-webhook.yaml", &canary)
	if len(canary.Analysis.Webhooks) != 1 {
		t.Fatalf("%d webhooks", len(canary.Analysis.Webhooks))
	}
	return canary.Analysis.Webhooks[0]
}

func TestFlaggerWaitsAtTheGateBeforeItPromotes(t *testing.T) {
	webhook := canaryWebhook(t)
	if webhook.Type != flagger.ConfirmPromotionHook {
		t.Errorf("it is of the type %s", webhook.Type)
	}
	metadata := *webhook.Metadata
	// curl ends with an error, and the load tester with it, at each status from 400 on: 412 and 425 are such.
	for _, part := range []string{"--fail ", "--header \"Authorization: Bearer $(cat /", "/ballsessions/release-gate/gate?run=1.4.2\""} {
		if metadata["type"] != "bash" || !strings.Contains(metadata["cmd"], part) {
			t.Errorf("%q is not in %v", part, metadata)
		}
	}
}
